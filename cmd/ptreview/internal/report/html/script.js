"use strict";
(() => {
	const root = document.documentElement;
	const all = () => document.querySelectorAll("details");

	// Dark or light: what was chosen here last, else what the system wants.
	const theme = document.getElementById("theme");
	const system = matchMedia("(prefers-color-scheme: dark)");
	const store = {
		get() { try { return localStorage.getItem("ptreview.theme"); } catch { return null; } },
		set(v) { try { localStorage.setItem("ptreview.theme", v); } catch { /* a page without storage */ } },
	};
	const isDark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
	const show = () => theme.setAttribute("aria-pressed", String(isDark()));
	const chosen = store.get();
	if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
	theme.addEventListener("click", () => {
		root.dataset.theme = isDark() ? "light" : "dark";
		store.set(root.dataset.theme);
		show();
	});
	system.addEventListener("change", show);
	show();

	const toggle = document.getElementById("all");
	toggle.addEventListener("click", () => {
		const open = toggle.getAttribute("aria-pressed") !== "true";
		for (const d of all()) d.open = open;
		toggle.setAttribute("aria-pressed", String(open));
	});

	// What a link leads to is opened, and what it stands in.
	const reveal = () => {
		const to = document.getElementById(decodeURIComponent(location.hash.slice(1)));
		if (!to) return;
		for (let e = to; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
		const inner = to.querySelector(":scope > details");
		if (inner) inner.open = true;
		to.scrollIntoView();
	};
	addEventListener("hashchange", reveal);
	reveal();

	// Paper cannot be clicked.
	let closed = [];
	addEventListener("beforeprint", () => {
		closed = [...all()].filter((d) => !d.open);
		for (const d of closed) d.open = true;
	});
	addEventListener("afterprint", () => {
		for (const d of closed) d.open = false;
	});

	const filter = document.getElementById("filter");
	if (filter) {
		const findings = [...document.querySelectorAll("article.finding")];
		const texts = findings.map((f) => (f.querySelector("h3").textContent + " " + f.querySelector("summary").textContent).toLowerCase());
		const shown = document.getElementById("shown");
		filter.addEventListener("input", () => {
			const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
			let n = 0;
			findings.forEach((f, i) => {
				f.hidden = !words.every((w) => texts[i].includes(w));
				if (!f.hidden) n++;
			});
			shown.textContent = words.length ? n + " of " + findings.length : "";
		});
		filter.parentElement.hidden = false;
	}
	document.querySelector(".controls").hidden = false;
})();
