// Which of the files that a person has chosen, dropped or pasted are photos.

const SUFFIX = /\.(jpe?g|a?png|gif|webp|hei[cf]s?|hif|avif|tiff?|dng|nef|nrw|cr[23]|arw|sr[2fw]|orf|rw2|raf|pef)$/i;
/* What systems put beside photos: nobody has chosen it. */
const HIDDEN = /^(\..*|Thumbs\.db|desktop\.ini)$/i;

const isImage = (file: File) => (SUFFIX.test(file.name) || file.type.startsWith('image/')) && file.type !== 'image/svg+xml';

/* What may be an image, and what certainly is none. The server decides by content; this only spares it the rest. */
export function sortFiles(files: Iterable<File>): { images: File[]; others: File[] } {
    const all = [...files].filter((file) => !HIDDEN.test(file.name));
    return { images: all.filter(isImage), others: all.filter((file) => !isImage(file)) };
}
