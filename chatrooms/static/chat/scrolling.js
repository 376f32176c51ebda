/**
 * The scroll position of the conversation: it follows the end while the reader is there, and only then.
 */

/** How near the end counts as the end, in pixels. */
const NEAR = 48;

export class Scrolling {
  /**
   * @param {HTMLElement} scroller
   * @param {{onTop: () => void, onFollowing: (follows: boolean) => void}} hooks
   */
  constructor(scroller, { onTop, onFollowing }) {
    this.scroller = scroller;
    this.follows = true;
    this._onFollowing = onFollowing;
    this._last = 0;
    /** The wheel was turned up: a smooth movement begins within what counts as the end. */
    this._isLeaving = false;
    scroller.addEventListener("scroll", () => this._scrolled(onTop), { passive: true });
    // A reader who turns the wheel up or drags has left the end, also while text arrives.
    scroller.addEventListener("wheel", ({ deltaY }) => this._wheeled(deltaY), { passive: true });
    // It is told before what has grown is painted: text does not show below the end first.
    this._observer = new ResizeObserver(() => this.follows && this._jump());
    this._observer.observe(scroller);
    if (scroller.firstElementChild) this._observer.observe(scroller.firstElementChild);
  }

  close() {
    this._observer.disconnect();
  }

  get isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight <= NEAR;
  }

  toEnd() {
    this._isLeaving = false;
    this._set(true);
    this._jump();
  }

  /** Run what adds content above, and keep in view what is in view. @param {() => void} add */
  keeping(add) {
    const before = this.scroller.scrollHeight - this.scroller.scrollTop;
    add();
    this.scroller.scrollTop = this.scroller.scrollHeight - before;
    this._last = this.scroller.scrollTop;
  }

  /** @param {Element} element */
  show(element) {
    this._set(false);
    element.scrollIntoView({ block: "start" });
  }

  _jump() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this._last = this.scroller.scrollTop;
  }

  /** @param {number} down in pixels; 0 of a movement sideways */
  _wheeled(down) {
    if (down < 0 && this.scroller.scrollHeight > this.scroller.clientHeight) {
      this._isLeaving = true;
      this._set(false);
    } else if (down > 0) {
      this._isLeaving = false;
      if (this.isAtEnd) this._set(true);
    }
  }

  /** @param {() => void} onTop */
  _scrolled(onTop) {
    const { scrollTop } = this.scroller;
    if (scrollTop > this._last) this._isLeaving = false;
    if (this.isAtEnd && !this._isLeaving) this._set(true);
    else if (scrollTop < this._last - 2) this._set(false);
    this._last = scrollTop;
    if (scrollTop < 600) onTop();
  }

  /** @param {boolean} follows */
  _set(follows) {
    if (this.follows === follows) return;
    this.follows = follows;
    this._onFollowing(follows);
  }
}
