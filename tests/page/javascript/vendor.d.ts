/** The vendored modules, as far as the page uses them; they bring no types that `tsc` could find. */
