// What tests/page/test_markdown.py calls in a bare page.
globalThis.kuvaka = (() => {
  const root = () => document.getElementById("root").appendChild(document.createElement("div"));
  const modules = async () => ({
    ...(await import("/markdown.js")), ...(await import("/maths.js")), ...(await import("/highlight.js")),
    ...(await import("/source_marks.js")),
  });
  const show = async (text, hooks) => {
    const { MarkdownView } = await modules();
    const view = new MarkdownView(root(), hooks);
    view.text = text;
    view.closed = true;
    view.flush();
    return view;
  };
  const blocks = (view) => [...view.root.children].map((section) => section.innerHTML).join("");
  const random = (seed) => () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) >> 8;

  return {
    whole: async (text) => blocks(await show(text)),
    textOf: async (text) => (await show(text)).root.textContent,
    async compare(bits, count, length = 14) {
      const { MarkdownView } = await modules();
      const found = { different: [], again: 0, rendered: 0, sections: 0 };
      for (let number = 0; number < count; number += 1) {
        const next = random(number * 7919 + 1);
        const text = Array.from({ length }, () => bits[next() % bits.length]).join("");
        const once = (await show(text)).root.innerHTML;
        const view = new MarkdownView(root());
        for (let at = 0; at < text.length; ) {
          const size = 1 + (next() % 17);
          view.append(text.slice(at, at + size));
          view.flush();
          at += size;
        }
        const before = view.rendered;
        view.closed = true;
        view._plan();
        view.flush();
        found.again += view.rendered - before;
        found.rendered += before;
        found.sections += view.root.children.length;
        if (view.root.innerHTML !== once) found.different.push([text, once, view.root.innerHTML]);
        document.getElementById("root").replaceChildren();
      }
      found.different = found.different.slice(0, 2);
      return found;
    },
    async leavesRendered(text, size) {
      const { MarkdownView } = await modules();
      const view = new MarkdownView(root());
      for (let at = 0; at < text.length; at += size) {
        view.append(text.slice(at, at + size));
        view.flush();
      }
      view.closed = true;
      view._plan();
      view.flush();
      return view.rendered;
    },
    formulas: async (text) => [...(await show(text)).root.querySelectorAll("[data-maths]")].map((each) => each.textContent),
    async maths(text) {
      const view = await show(text);
      await (await modules()).showMaths(view.root);
      return blocks(view);
    },
    async colours(text) {
      const view = await show(text);
      await (await modules()).highlight(view.root.querySelector("code"), "python");
      return blocks(view);
    },
    async hostile(text) {
      globalThis.ran = false;
      globalThis.alert = () => (globalThis.ran = true);
      const view = await show(text);
      await (await modules()).showMaths(view.root);
      await new Promise((resolve) => setTimeout(resolve, 50));
      const allowed = "A B BLOCKQUOTE BR CODE DEL DIV EM FIGURE H2 H3 H4 H5 H6 HR I INS KBD LI MARK OL P PRE S SMALL SPAN STRONG SUB SUP TABLE TBODY TD TH THEAD TR U UL";
      const tags = new Set(allowed.split(" "));
      const all = [...view.root.querySelectorAll("*")];
      const forbidden = all.filter((each) => each.namespaceURI.endsWith("xhtml")
        && (!tags.has(each.tagName) || [...each.attributes].some(({ name }) => /^on|^style$|^src|^id$|^name$/.test(name))));
      return {
        forbidden: forbidden.map((each) => each.outerHTML),
        links: all.filter((each) => each.href && !/^(https?|mailto):/.test(each.href)).map((each) => String(each.href)),
        ran: globalThis.ran,
      };
    },
    async marked(text, sources) {
      const { MarkdownView, marksOf, withMarks, placeMarks } = await modules();
      const view = await show(withMarks(text, marksOf(text, sources)));
      placeMarks(view.root, (number) => Object.assign(document.createElement("sup"), { textContent: `[${number}]` }));
      return view.root.textContent;
    },
  };
})();
