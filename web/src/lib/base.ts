// Where the server is below its host: "", "/photos". The server writes it into the page (<base>), and its service worker lies there.
export const BASE = new URL('.', globalThis.document?.baseURI ?? location.href).pathname.slice(0, -1);
