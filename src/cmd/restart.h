/* Beginning anew when a mapped file is cut. SQLite maps the index of its log ("photos.db-shm") and reads the database
 * through a mapping; when somebody cuts such a file, whoever touches the part that is gone gets SIGBUS. To patch the
 * file up and go on would be wrong: what was read since may be old, and writing on from it damages the database.
 * Nothing is lost by a sudden end, though, because the next process reads the log anew. So this one starts itself again
 * at once, as after kill -9, with the same number. */
#ifndef RESTART_H
#define RESTART_H

/* From here on SIGBUS means a new start, but for one within RESTART_PAUSE_MS of a start that was one: that ends in
 * words. After a restart it waits for the processes of before to end. Once a process, before it starts any. */
void restart_on_cut_files(void);
enum { RESTART_PAUSE_MS = 2000 };

#endif
