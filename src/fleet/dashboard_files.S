/* The files of dashboard/, as they are in the source tree. */
    .macro file name, path
    .section .rodata
\name\()_begin:
    .incbin "\path"
\name\()_end:
    .section .data.rel.ro
    .balign 8
    .global \name
\name:
    .quad \name\()_begin, \name\()_end
    .endm
    file dashboard_html, DASHBOARD_HTML
    file dashboard_css, DASHBOARD_CSS
    file dashboard_js, DASHBOARD_JS
    .section .note.GNU-stack, "", @progbits
