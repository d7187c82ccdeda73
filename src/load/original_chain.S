/* The bytes of users/original.json, as they are in the source tree. */
    .section .rodata
    .global original_chain_text
    .global original_chain_length
original_chain_text:
    .incbin CHAIN_FILE
chain_end:
    .balign 8
original_chain_length:
    .quad chain_end - original_chain_text
    .section .note.GNU-stack, "", @progbits
