// A photo's blurred picture, from its thumbhash: fetched when a photo takes its time.
import { thumbHashToDataURL } from 'thumbhash';
import { thumbhashBytes } from './placeholder';

export const blurredUrl = (thumbhash: string) => `url(${thumbHashToDataURL(thumbhashBytes(thumbhash))})`;
