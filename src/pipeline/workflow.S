/* The bytes of workflows/photo-upload.asl.json, as they are in the source tree. */
    .section .rodata
    .global pipeline_workflow_text
    .global pipeline_workflow_length
pipeline_workflow_text:
    .incbin WORKFLOW_FILE
workflow_end:
    .balign 8
pipeline_workflow_length:
    .quad workflow_end - pipeline_workflow_text
    .section .note.GNU-stack, "", @progbits
