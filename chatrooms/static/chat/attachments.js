/**
 * Files: their upload with progress, and how a message shows them.
 */
import { accessToken, Problem, request } from "./api.js";
import { clone, icon, part, showDialog, toast } from "./dom.js";
import { fileSize, number, t } from "./i18n.js";
import { explain } from "./problems.js";

const ICONS = /** @type {Record<string, string>} */ ({ image: "image", audio: "sound" });
/** A picture is fetched when it comes near the screen. */
const NEAR = "400px";

/**
 * Send a file; `onProgress` gets the share that is sent.
 * @param {File} file
 * @param {string} key that the server knows a repeat by
 * @param {(share: number) => void} onProgress
 * @param {AbortSignal} signal
 * @returns {Promise<UploadedFile>}
 */
export async function upload(file, key, onProgress, signal) {
  const token = await accessToken();
  return await new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest(); // fetch does not tell how much is sent
    sending.open("POST", "/files");
    sending.setRequestHeader("Authorization", `Bearer ${token}`);
    sending.setRequestHeader("Accept", "application/json");
    sending.setRequestHeader("Idempotency-Key", key);
    sending.upload.onprogress = (event) => onProgress(event.lengthComputable ? event.loaded / event.total : 0);
    sending.onload = () => {
      const body = parsed(sending.responseText);
      if (sending.status === 201 || sending.status === 200) resolve(body);
      else reject(new Problem(sending.status, body, Number(sending.getResponseHeader("Retry-After")) || null));
    };
    sending.onerror = () => reject(new Problem(0, {}));
    signal.addEventListener("abort", () => sending.abort());
    sending.onabort = () => reject(new DOMException("Removed", "AbortError"));
    const form = new FormData();
    form.append("file", file, file.name);
    sending.send(form);
  });
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** @param {Pick<AttachedFile, "size" | "pages" | "kind">} file */
export function facts(file) {
  const size = fileSize(file.size);
  return file.pages ? t("file.pages", { size, pages: number(file.pages) }) : size;
}

/** @param {HTMLElement} holder @param {string} kind */
export function showIcon(holder, kind) {
  holder.replaceChildren(icon(ICONS[kind] ?? "file"));
}

const waiting = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    waiting.unobserve(target);
    showPicture(/** @type {HTMLElement} */ (target));
  }
}, { rootMargin: NEAR });

/**
 * @param {HTMLElement} root
 * @param {readonly AttachedFile[]} files
 */
export function listFiles(root, files) {
  root.hidden = files.length === 0;
  const ids = files.map((file) => file.id).join();
  if (root.dataset.ids === ids) return;
  root.dataset.ids = ids;
  root.replaceChildren(...files.map(fileItem));
}

/** @param {AttachedFile} file */
function fileItem(file) {
  const item = clone("file-template");
  item.dataset.file = String(file.id);
  item.dataset.kind = file.kind;
  part(item, "name").textContent = file.name;
  part(item, "facts").textContent = facts(file);
  showIcon(part(item, "picture"), file.kind);
  part(item, "open").title = file.name;
  part(item, "open").addEventListener("click", () => open(file).catch((error) => toast({ text: explain(error) })));
  if (file.kind === "image") {
    if (file.width && file.height) item.style.setProperty("--ratio", String(file.width / file.height));
    waiting.observe(item);
  }
  return item;
}

/** @param {HTMLElement} item */
async function showPicture(item) {
  try {
    const { url, name } = await request("GET", "/files/{file_id}", { params: { file_id: Number(item.dataset.file) } });
    const picture = new Image();
    picture.alt = name;
    picture.src = local(url);
    await picture.decode();
    part(item, "picture").replaceChildren(picture);
    item.classList.add("pictured");
  } catch {
    // The icon stays; a click tries again.
  }
}

/** @param {AttachedFile} file */
async function open(file) {
  const { url } = await request("GET", "/files/{file_id}", { params: { file_id: file.id } });
  const link = document.createElement("a");
  link.href = local(url);
  link.download = file.name;
  if (file.kind !== "image") {
    link.click();
    return;
  }
  const dialog = clone("picture-template");
  const picture = /** @type {HTMLImageElement} */ (part(dialog, "picture"));
  picture.src = link.href;
  picture.alt = file.name;
  dialog.setAttribute("aria-label", file.name);
  part(dialog, "download").addEventListener("click", () => link.click());
  await showDialog(dialog);
}

/** The content on this origin, behind whatever name the API knows itself by. @param {string} url */
function local(url) {
  const { pathname, search } = new URL(url, location.href);
  return pathname + search;
}
