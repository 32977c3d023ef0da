/**
 * A file on its way to the object store, with how far it is: fetch tells nothing of that, so this
 * is XMLHttpRequest's one use here.
 */

export interface SignedUpload {
  readonly upload_url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Resolves to null when it is there, else to a sentence. `onProgress`: a share from 0 to 1. */
export const put = (
  { upload_url, headers }: SignedUpload,
  file: Blob,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<string | null> =>
  new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("PUT", upload_url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 1 : loaded / total);
    request.onload = () =>
      resolve(
        request.status < 300
          ? null
          : `The object store answered ${request.status} and did not take the file.`,
      );
    request.onerror = () =>
      resolve("The object store cannot be reached from here, or does not know this page (CORS).");
    request.onabort = () => resolve("The upload was ended.");
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
