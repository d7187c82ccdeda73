#include "asl_drive.h"
#include "check.h"

struct decision {
    const char *rule; /* without its Next */
    const char *input;
    bool holds;
};

static const struct decision decisions[] = {
    {"\"Variable\":\"$.v\",\"StringEquals\":\"a\"", "{\"v\":\"a\"}", true},
    {"\"Variable\":\"$.v\",\"StringEquals\":\"a\"", "{\"v\":\"A\"}", false},
    {"\"Variable\":\"$.v\",\"StringEquals\":\"1\"", "{\"v\":1}", false},
    {"\"Variable\":\"$.v\",\"StringLessThan\":\"b\"", "{\"v\":\"a\"}", true},
    {"\"Variable\":\"$.v\",\"StringLessThan\":\"b\"", "{\"v\":\"b\"}", false},
    {"\"Variable\":\"$.v\",\"StringGreaterThan\":\"b\"", "{\"v\":\"ba\"}", true},
    {"\"Variable\":\"$.v\",\"StringGreaterThan\":\"b\"", "{\"v\":\"b\"}", false},
    {"\"Variable\":\"$.v\",\"StringLessThanEquals\":\"b\"", "{\"v\":\"b\"}", true},
    {"\"Variable\":\"$.v\",\"StringLessThanEquals\":\"b\"", "{\"v\":\"c\"}", false},
    {"\"Variable\":\"$.v\",\"StringGreaterThanEquals\":\"b\"", "{\"v\":\"b\"}", true},
    {"\"Variable\":\"$.v\",\"StringGreaterThanEquals\":\"b\"", "{\"v\":\"a\"}", false},
    {"\"Variable\":\"$.v\",\"StringGreaterThan\":\"z\"", "{\"v\":\"é\"}", true},
    {"\"Variable\":\"$.v\",\"StringEqualsPath\":\"$.w\"", "{\"v\":\"a\",\"w\":\"a\"}", true},
    {"\"Variable\":\"$.v\",\"StringEqualsPath\":\"$.w\"", "{\"v\":\"a\",\"w\":\"b\"}", false},
    {"\"Variable\":\"$.v\",\"StringEqualsPath\":\"$.w\"", "{\"v\":1,\"w\":1}", false},
    {"\"Variable\":\"$.v\",\"StringLessThanPath\":\"$.w\"", "{\"v\":\"a\",\"w\":\"b\"}", true},
    {"\"Variable\":\"$.v\",\"StringGreaterThanPath\":\"$.w\"", "{\"v\":\"b\",\"w\":\"a\"}", true},
    {"\"Variable\":\"$.v\",\"StringLessThanEqualsPath\":\"$.w\"", "{\"v\":\"a\",\"w\":\"a\"}", true},
    {"\"Variable\":\"$.v\",\"StringGreaterThanEqualsPath\":\"$.w\"", "{\"v\":\"a\",\"w\":\"b\"}", false},
    {"\"Variable\":\"$.v\",\"StringEqualsPath\":\"$$.State.Name\"", "{\"v\":\"C\"}", true},
    {"\"Variable\":\"$$.State.Name\",\"StringEquals\":\"C\"", "{}", true},

    {"\"Variable\":\"$.v\",\"NumericEquals\":1", "{\"v\":1}", true},
    {"\"Variable\":\"$.v\",\"NumericEquals\":1", "{\"v\":1.0}", true},
    {"\"Variable\":\"$.v\",\"NumericEquals\":1", "{\"v\":\"1\"}", false},
    {"\"Variable\":\"$.v\",\"NumericEquals\":9007199254740993", "{\"v\":9007199254740992}", false},
    {"\"Variable\":\"$.v\",\"NumericLessThan\":1.5", "{\"v\":1}", true},
    {"\"Variable\":\"$.v\",\"NumericLessThan\":1", "{\"v\":1}", false},
    {"\"Variable\":\"$.v\",\"NumericGreaterThan\":-1", "{\"v\":0}", true},
    {"\"Variable\":\"$.v\",\"NumericGreaterThan\":0", "{\"v\":0}", false},
    {"\"Variable\":\"$.v\",\"NumericLessThanEquals\":1", "{\"v\":1}", true},
    {"\"Variable\":\"$.v\",\"NumericLessThanEquals\":1", "{\"v\":1.1}", false},
    {"\"Variable\":\"$.v\",\"NumericGreaterThanEquals\":1", "{\"v\":1}", true},
    {"\"Variable\":\"$.v\",\"NumericGreaterThanEquals\":1", "{\"v\":0.9}", false},
    {"\"Variable\":\"$.v\",\"NumericEqualsPath\":\"$.w\"", "{\"v\":2,\"w\":2}", true},
    {"\"Variable\":\"$.v\",\"NumericGreaterThanPath\":\"$.w\"", "{\"v\":3,\"w\":2}", true},
    {"\"Variable\":\"$.v\",\"NumericLessThanPath\":\"$.w\"", "{\"v\":3,\"w\":2}", false},
    {"\"Variable\":\"$.v\",\"NumericLessThanEqualsPath\":\"$.w\"", "{\"v\":2,\"w\":2}", true},
    {"\"Variable\":\"$.v\",\"NumericGreaterThanEqualsPath\":\"$.w\"", "{\"v\":2,\"w\":\"2\"}", false},

    {"\"Variable\":\"$.v\",\"BooleanEquals\":true", "{\"v\":true}", true},
    {"\"Variable\":\"$.v\",\"BooleanEquals\":false", "{\"v\":false}", true},
    {"\"Variable\":\"$.v\",\"BooleanEquals\":false", "{\"v\":null}", false},
    {"\"Variable\":\"$.v\",\"BooleanEquals\":true", "{\"v\":\"true\"}", false},
    {"\"Variable\":\"$.v\",\"BooleanEqualsPath\":\"$.w\"", "{\"v\":true,\"w\":true}", true},
    {"\"Variable\":\"$.v\",\"BooleanEqualsPath\":\"$.w\"", "{\"v\":true,\"w\":false}", false},

    {"\"Variable\":\"$.v\",\"TimestampEquals\":\"2016-03-14T01:59:00Z\"", "{\"v\":\"2016-03-14T02:59:00+01:00\"}",
     true},
    {"\"Variable\":\"$.v\",\"TimestampEquals\":\"2016-03-14T01:59:00Z\"", "{\"v\":\"2016-03-14T01:59:00.000Z\"}", true},
    {"\"Variable\":\"$.v\",\"TimestampEquals\":\"2016-03-14T01:59:00Z\"", "{\"v\":\"today\"}", false},
    {"\"Variable\":\"$.v\",\"TimestampLessThan\":\"2016-03-14T01:59:00Z\"", "{\"v\":\"2016-03-14T01:58:59.999Z\"}",
     true},
    {"\"Variable\":\"$.v\",\"TimestampGreaterThan\":\"2016-03-14T01:59:00Z\"",
     "{\"v\":\"2016-03-14T01:59:00.000000001Z\"}", true},
    {"\"Variable\":\"$.v\",\"TimestampLessThanEquals\":\"2016-03-14T01:59:00Z\"", "{\"v\":\"2016-03-14T01:59:00Z\"}",
     true},
    {"\"Variable\":\"$.v\",\"TimestampGreaterThanEquals\":\"2016-03-14T01:59:00Z\"", "{\"v\":\"2016-03-14T01:58:00Z\"}",
     false},
    {"\"Variable\":\"$.v\",\"TimestampEqualsPath\":\"$.w\"",
     "{\"v\":\"2016-03-14T01:59:00Z\",\"w\":\"2016-03-14T01:59:00-00:00\"}", true},
    {"\"Variable\":\"$.v\",\"TimestampLessThanPath\":\"$.w\"",
     "{\"v\":\"2016-03-14T01:59:00Z\",\"w\":\"2017-03-14T01:59:00Z\"}", true},
    {"\"Variable\":\"$.v\",\"TimestampGreaterThanPath\":\"$.w\"",
     "{\"v\":\"2016-03-14T01:59:00Z\",\"w\":\"2017-03-14T01:59:00Z\"}", false},
    {"\"Variable\":\"$.v\",\"TimestampLessThanEqualsPath\":\"$.w\"", "{\"v\":\"2016-03-14T01:59:00Z\",\"w\":3}", false},
    {"\"Variable\":\"$.v\",\"TimestampGreaterThanEqualsPath\":\"$.w\"",
     "{\"v\":\"2017-03-14T01:59:00Z\",\"w\":\"2017-03-14T01:59:00Z\"}", true},

    {"\"Variable\":\"$.v\",\"StringMatches\":\"foo*.log\"", "{\"v\":\"foo23.log\"}", true},
    {"\"Variable\":\"$.v\",\"StringMatches\":\"*.log\"", "{\"v\":\"zebra.log\"}", true},
    {"\"Variable\":\"$.v\",\"StringMatches\":\"foo*.*\"", "{\"v\":\"foobar.zebra\"}", true},
    {"\"Variable\":\"$.v\",\"StringMatches\":\"foo*.log\"", "{\"v\":\"foo.logs\"}", false},
    {"\"Variable\":\"$.v\",\"StringMatches\":\"*\"", "{\"v\":\"\"}", true},
    {"\"Variable\":\"$.v\",\"StringMatches\":\"\"", "{\"v\":\"\"}", true},
    {"\"Variable\":\"$.v\",\"StringMatches\":\"\"", "{\"v\":\"a\"}", false},
    {"\"Variable\":\"$.v\",\"StringMatches\":\"a*a*b\"", "{\"v\":\"aaaab\"}", true},
    {"\"Variable\":\"$.v\",\"StringMatches\":\"*ab*ab\"", "{\"v\":\"abxab\"}", true},
    {"\"Variable\":\"$.v\",\"StringMatches\":\"*ab*ab\"", "{\"v\":\"xab\"}", false},
    {"\"Variable\":\"$.v\",\"StringMatches\":\"a\\\\*b\"", "{\"v\":\"a*b\"}", true},
    {"\"Variable\":\"$.v\",\"StringMatches\":\"a\\\\*b\"", "{\"v\":\"axb\"}", false},
    {"\"Variable\":\"$.v\",\"StringMatches\":\"a\\\\\\\\*\"", "{\"v\":\"a\\\\b\"}", true},
    {"\"Variable\":\"$.v\",\"StringMatches\":\"a\\\\\\\\*\"", "{\"v\":\"ab\"}", false},
    {"\"Variable\":\"$.v\",\"StringMatches\":\"a?c[d].+\"", "{\"v\":\"abcd\"}", false},
    {"\"Variable\":\"$.v\",\"StringMatches\":\"1*\"", "{\"v\":1}", false},

    {"\"Variable\":\"$.v\",\"IsPresent\":true", "{\"v\":null}", true},
    {"\"Variable\":\"$.v\",\"IsPresent\":true", "{}", false},
    {"\"Variable\":\"$.v\",\"IsPresent\":false", "{}", true},
    {"\"Variable\":\"$.v.w\",\"IsPresent\":false", "{\"v\":1}", true},
    {"\"Variable\":\"$.v[?(@ > 2)]\",\"IsPresent\":true", "{\"v\":[1,2]}", false},
    {"\"Variable\":\"$.v[?(@ > 2)]\",\"IsPresent\":true", "{\"v\":[1,3]}", true},
    {"\"Variable\":\"$.v\",\"IsNull\":true", "{\"v\":null}", true},
    {"\"Variable\":\"$.v\",\"IsNull\":true", "{\"v\":\"null\"}", false},
    {"\"Variable\":\"$.v\",\"IsNull\":false", "{\"v\":0}", true},
    {"\"Variable\":\"$.v\",\"IsNumeric\":true", "{\"v\":1.5}", true},
    {"\"Variable\":\"$.v\",\"IsNumeric\":true", "{\"v\":\"1\"}", false},
    {"\"Variable\":\"$.v\",\"IsString\":true", "{\"v\":\"\"}", true},
    {"\"Variable\":\"$.v\",\"IsString\":false", "{\"v\":[]}", true},
    {"\"Variable\":\"$.v\",\"IsBoolean\":true", "{\"v\":false}", true},
    {"\"Variable\":\"$.v\",\"IsBoolean\":true", "{\"v\":0}", false},
    {"\"Variable\":\"$.v\",\"IsTimestamp\":true", "{\"v\":\"2019-10-12T07:20:50.52+00:00\"}", true},
    {"\"Variable\":\"$.v\",\"IsTimestamp\":true", "{\"v\":\"2020-02-29T23:59:60Z\"}", true},
    {"\"Variable\":\"$.v\",\"IsTimestamp\":true", "{\"v\":\"2019-02-29T07:20:50Z\"}", false},
    {"\"Variable\":\"$.v\",\"IsTimestamp\":true", "{\"v\":\"2019-10-12t07:20:50Z\"}", false},
    {"\"Variable\":\"$.v\",\"IsTimestamp\":true", "{\"v\":\"2019-10-12T07:20:50z\"}", false},
    {"\"Variable\":\"$.v\",\"IsTimestamp\":true", "{\"v\":\"2019-10-12T07:20:50\"}", false},
    {"\"Variable\":\"$.v\",\"IsTimestamp\":true", "{\"v\":\"2019-10-12T07:20:50.Z\"}", false},
    {"\"Variable\":\"$.v\",\"IsTimestamp\":true", "{\"v\":\"2019-10-12T24:20:50Z\"}", false},
    {"\"Variable\":\"$.v\",\"IsTimestamp\":true", "{\"v\":\"2019-10-12T07:20:50+0100\"}", false},
    {"\"Variable\":\"$.v\",\"IsTimestamp\":true", "{\"v\":\"2019-10-12T07:20:50Z \"}", false},
    {"\"Variable\":\"$.v\",\"IsTimestamp\":false", "{\"v\":20191012}", true},

    {"\"And\":[{\"Variable\":\"$.v\",\"IsPresent\":true},{\"Variable\":\"$.v\",\"NumericLessThan\":30}]", "{\"v\":22}",
     true},
    {"\"And\":[{\"Variable\":\"$.v\",\"IsPresent\":true},{\"Variable\":\"$.v\",\"NumericLessThan\":30}]", "{\"v\":33}",
     false},
    /* what comes after a part that decides is not looked at: its path would lead nowhere */
    {"\"And\":[{\"Variable\":\"$.v\",\"IsPresent\":true},{\"Variable\":\"$.v\",\"NumericLessThan\":30}]", "{}", false},
    {"\"Or\":[{\"Variable\":\"$.v\",\"IsPresent\":false},{\"Variable\":\"$.v\",\"NumericEquals\":3}]", "{}", true},
    {"\"Or\":[{\"Variable\":\"$.v\",\"NumericEquals\":2},{\"Variable\":\"$.v\",\"NumericEquals\":3}]", "{\"v\":3}",
     true},
    {"\"Or\":[{\"Variable\":\"$.v\",\"NumericEquals\":2},{\"Variable\":\"$.v\",\"NumericEquals\":3}]", "{\"v\":4}",
     false},
    {"\"Not\":{\"Variable\":\"$.v\",\"StringEquals\":\"Private\"}", "{\"v\":\"Private\"}", false},
    {"\"Not\":{\"Variable\":\"$.v\",\"StringEquals\":\"Private\"}", "{\"v\":\"Public\"}", true},
    {"\"Not\":{\"Or\":[{\"And\":[{\"Variable\":\"$.v\",\"NumericEquals\":1},{\"Variable\":\"$.w\",\"NumericEquals\":1}]"
     "},"
     "{\"Not\":{\"Variable\":\"$.w\",\"NumericEquals\":2}}]}",
     "{\"v\":1,\"w\":2}", true},
};

static void test_decisions(void)
{
    for (size_t i = 0; i < sizeof decisions / sizeof decisions[0]; i++) {
        const struct decision *row = &decisions[i];
        TEXT_CLEANUP struct text definition = {0};
        TEXT_CLEANUP struct text data = {0};
        TEXT_CLEANUP struct text why = {0};
        struct drive drive;
        check_case("%s of %s", row->rule, row->input);
        text_addf(&definition,
                  "{\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Default\":\"No\",\"Choices\":[{%s,"
                  "\"Next\":\"Yes\"}]},"
                  "\"Yes\":{\"Type\":\"Pass\",\"Result\":\"yes\",\"End\":true},\"No\":{\"Type\":\"Pass\",\"Result\":"
                  "\"no\",\"End\":true}}}",
                  row->rule);
        text_addf(&data, "{\"input\":%s}", row->input);
        CHECK_INT(drive_open(&drive, text_get(&definition), text_get(&data), NULL, &why), STATUS_OK);
        if (CHECK_STR(text_get(&why), "") && CHECK(drive_run(&drive)))
            CHECK_STR(json_string_value(interpreter_get_output(drive.interpreter)), row->holds ? "yes" : "no");
        drive_release(&drive);
    }
}

CHECK_MAIN({"a choice rule is decided", test_decisions})
