// Which of the files that a person has chosen, dropped or pasted are photos.

const SUFFIX = /\.(jpe?g|png|gif|webp|hei[cf]|avif|tiff?)$/i;

/* What may be an image. The server decides by content; this only spares it what certainly is none. */
export function imagesOf(files: Iterable<File>): File[] {
    return [...files].filter((file) => (file.type ? file.type.startsWith('image/') && file.type !== 'image/svg+xml' : SUFFIX.test(file.name)));
}
