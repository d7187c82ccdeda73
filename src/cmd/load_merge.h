/* cloudphotos load merge: several generators' runs as one. */
#ifndef LOAD_MERGE_H
#define LOAD_MERGE_H

/* argv: "merge", OUT, RUN… Returns the exit status. */
int load_merge(int argc, char **argv);

#endif
