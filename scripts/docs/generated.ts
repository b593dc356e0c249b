/** The last line of each page that the code writes. It is for those who would edit the page. */
export const GENERATED = "Generated from the code by `npm run docs`.\n";
