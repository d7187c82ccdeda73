/* The bytes of workflows/photo-upload.asl.json, as they are in the source tree. */
    .section .rodata
    .global photos_workflow_text
    .global photos_workflow_length
photos_workflow_text:
    .incbin WORKFLOW_FILE
workflow_end:
    .balign 8
photos_workflow_length:
    .quad workflow_end - photos_workflow_text
    .section .note.GNU-stack, "", @progbits
