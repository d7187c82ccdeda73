/* How data goes through a state: InputPath and Parameters on the way in, ResultSelector, ResultPath and OutputPath on
 * the way out (states-language.net, "Input and Output Processing"). */
#ifndef DATA_FLOW_H
#define DATA_FLOW_H

#include "definition_reader.h"
#include "failure.h"
#include "template.h"

enum { DATA_LIMIT_BYTES = 262144 /* of a state's input, result or output as JSON text: as Step Functions has it */ };

struct data_flow {
    struct optional_path input, result, output;
    const struct template *parameters, *selector; /* NULL: none */
};

/* Reads the fields among InputPath, Parameters, ResultSelector, ResultPath, OutputPath that are there. */
bool data_flow_read(struct reader *reader, json_t *object, struct data_flow *flow);

/* InputPath, Parameters, and the three on the way out. Each returns a new reference, or NULL with the failure. Nothing
 * is changed in place. */
json_t *data_flow_select(const struct data_flow *flow, json_t *raw_input, json_t *context, struct failure *failure);
json_t *data_flow_fill(const struct data_flow *flow, json_t *selected, json_t *context, struct failure *failure);
json_t *data_flow_output(const struct data_flow *flow, json_t *raw_input, json_t *result, json_t *context,
                         struct failure *failure);
/* ResultPath alone: what a catcher does with its error output. */
json_t *data_flow_put(const struct optional_path *result_path, json_t *raw_input, json_t *result,
                      struct failure *failure);
/* False, with States.DataLimitExceeded, when the text of the value is too long. */
bool data_flow_fits(const json_t *value, const char *what, struct failure *failure);

#endif
