/* Sorts and filters tables, searches and zooms flame graphs. The page is whole without it. */
(function () {
	"use strict";
	/* A plain "#waits" is a place on the page, as it is without script. */
	const place = document.getElementById(location.hash.slice(1));
	const state = place ? new URLSearchParams({ at: place.id }) : new URLSearchParams(location.hash.slice(1));

	/* The fragment keeps what is shown, so that a link opens the same place. */
	function remember(key, value) {
		if (value) state.set(key, value);
		else state.delete(key);
		const text = state.toString();
		history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
	}

	function make(tag, properties, parent) {
		const element = Object.assign(document.createElement(tag), properties);
		if (parent) parent.append(element);
		return element;
	}

	function tools(before, label) {
		const bar = make("div", { className: "tools" });
		bar.setAttribute("role", "group");
		bar.setAttribute("aria-label", label);
		before.before(bar);
		return bar;
	}

	/* ---- tables ---- */

	function value(row, column) {
		const cell = row.children[column];
		return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
	}

	function sort(table, column, down) {
		const body = table.tBodies[0];
		const rows = Array.from(body.rows);
		rows.sort((a, b) => {
			const x = value(a, column), y = value(b, column);
			const order = typeof x === "number" ? x - y : x.localeCompare(y);
			return down ? -order : order;
		});
		body.append(...rows);
		arrange(table);
		Array.from(table.tHead.rows[0].cells).forEach((cell, i) => {
			if (i === column) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
			else cell.removeAttribute("aria-sort");
		});
		remember("sort-" + table.id, column + (down ? "d" : "a"));
	}

	/* Rows that are shown: those found, or, while nothing is looked for, the first few. */
	const FEW = 12;

	function arrange(table) {
		const wanted = (state.get("find-" + table.id) || "").toLowerCase();
		const few = !wanted && !state.get("all-" + table.id) && isLong(table);
		let shown = 0;
		for (const row of table.tBodies[0].rows) {
			row.hidden = wanted ? !row.textContent.toLowerCase().includes(wanted) : few && shown >= FEW;
			if (!row.hidden) shown++;
		}
		return shown;
	}

	function isLong(table) {
		return table.tBodies[0].rows.length > FEW + 3;
	}

	function filter(table, text, count) {
		remember("find-" + table.id, text);
		const shown = arrange(table);
		count.textContent = text ? shown + " of " + table.tBodies[0].rows.length : "";
	}

	/* Below a long table: all of its rows, or the first ones. */
	function more(table) {
		if (!isLong(table)) return;
		const button = make("button", { type: "button" });
		table.parentElement.after(button);
		function show(all) {
			remember("all-" + table.id, all ? "1" : "");
			button.textContent = all ? "show the first " + FEW : "show all " + table.tBodies[0].rows.length + " rows";
			arrange(table);
		}
		button.addEventListener("click", () => show(!state.get("all-" + table.id)));
		show(state.get("all-" + table.id) === "1");
		addEventListener("beforeprint", () => { for (const row of table.tBodies[0].rows) row.hidden = false; });
		addEventListener("afterprint", () => arrange(table));
	}

	function copy(table, count) {
		const lines = [];
		for (const row of table.rows)
			if (!row.hidden)
				lines.push(Array.from(row.cells, (cell) => cell.textContent.trim().replace(/\s+/g, " ")).join("\t"));
		const done = () => { count.textContent = "copied"; };
		const area = make("textarea", { value: lines.join("\n") }, document.body);
		area.select();
		if (document.execCommand("copy")) done();
		area.remove();
	}

	function dress(table) {
		const bar = tools(table.parentElement, "table " + table.id);
		const search = make("input", { type: "search", placeholder: "filter rows" }, bar);
		search.setAttribute("aria-label", "filter rows of " + table.id);
		const button = make("button", { type: "button", textContent: "copy" }, bar);
		const count = make("span", { className: "muted" }, bar);
		count.setAttribute("role", "status");
		search.addEventListener("input", () => filter(table, search.value, count));
		button.addEventListener("click", () => copy(table, count));
		Array.from(table.tHead.rows[0].cells).forEach((cell, column) => {
			const head = make("button", { type: "button" });
			head.append(...cell.childNodes);
			cell.append(head);
			head.addEventListener("click", () => {
				const numeric = cell.classList.contains("n");
				const now = cell.getAttribute("aria-sort");
				sort(table, column, now ? now === "ascending" : numeric);
			});
		});
		more(table);
		const kept = /^(\d+)([ad])$/.exec(state.get("sort-" + table.id) || "");
		if (kept && Number(kept[1]) < table.tHead.rows[0].cells.length) sort(table, Number(kept[1]), kept[2] === "d");
		if (state.get("find-" + table.id)) {
			search.value = state.get("find-" + table.id);
			filter(table, search.value, count);
		}
	}

	/* ---- flame graphs ---- */

	function Flame(section) {
		const svg = section.querySelector("svg");
		const frames = Array.from(svg.querySelectorAll(".frame"));
		const width = svg.viewBox.baseVal.width, margin = 10, inner = width - 2 * margin;
		const byIndex = new Map();
		for (const frame of frames) byIndex.set(frame.id.replace(/^.*-/, ""), frame);
		const full = new Map();
		for (const frame of frames) full.set(frame, frame.dataset.name);

		function above(frame) {
			const all = new Set();
			for (let at = frame; at; at = byIndex.get(at.dataset.up)) all.add(at);
			return all;
		}

		function place(frame, x, w) {
			const rect = frame.querySelector("rect");
			let text = frame.querySelector("text");
			rect.setAttribute("x", margin + x * inner);
			rect.setAttribute("width", Math.max(w * inner - 0.5, 0.3));
			const room = Math.floor((w * inner - 6) / 7);
			if (!text && room > 3) {
				text = document.createElementNS("http://www.w3.org/2000/svg", "text");
				text.setAttribute("fill", "#1f2328");
				text.setAttribute("y", Number(rect.getAttribute("y")) + 12.5);
				frame.append(text);
			}
			if (!text) return;
			const name = full.get(frame);
			text.setAttribute("x", margin + x * inner + 3);
			text.textContent = room < 3 ? "" : name.length > room ? name.slice(0, room - 1) + "…" : name;
		}

		function zoom(frame) {
			const x0 = frame ? Number(frame.dataset.x) : 0, w0 = frame ? Number(frame.dataset.w) : 1;
			const parents = frame ? above(frame) : new Set();
			for (const each of frames) {
				const x = Number(each.dataset.x), w = Number(each.dataset.w);
				const inside = x >= x0 - 1e-6 && x + w <= x0 + w0 + 1e-6 && w > 0;
				const parent = parents.has(each);
				each.style.display = inside || parent ? "" : "none";
				if (parent) place(each, 0, 1);
				else if (inside) place(each, (x - x0) / w0, w / w0);
			}
			remember("zoom-" + section.id, frame ? frame.id : "");
		}

		const bar = tools(section.querySelector("figure"), "flame graph");
		const search = make("input", { type: "search", placeholder: "find a function" }, bar);
		search.setAttribute("aria-label", "find a function in " + section.querySelector("h2").textContent);
		const reset = make("button", { type: "button", textContent: "show all" }, bar);
		const count = make("span", { className: "muted" }, bar);
		count.setAttribute("role", "status");

		/* A match below a match is part of it already. */
		function find(text) {
			const wanted = text.toLowerCase();
			let hits = 0, part = 0;
			for (const frame of frames) {
				const hit = wanted && full.get(frame).toLowerCase().includes(wanted);
				frame.classList.toggle("hit", Boolean(hit));
				frame.classList.toggle("dim", Boolean(wanted) && !hit);
				if (!hit) continue;
				hits++;
				const up = Array.from(above(frame)).slice(1);
				if (!up.some((at) => full.get(at).toLowerCase().includes(wanted))) part += Number(frame.dataset.w);
			}
			count.textContent = wanted ? hits + " boxes, " + (100 * part).toFixed(1) + " % of the time" : "";
			remember("find-" + section.id, text);
		}

		/* Up: the caller; down: the widest callee; left and right: what is called beside it. */
		function walk(frame, key) {
			const index = frame.id.replace(/^.*-/, "");
			const x = (each) => Number(each.dataset.x);
			if (key === "ArrowUp") return byIndex.get(frame.dataset.up);
			if (key === "ArrowDown")
				return frames.filter((each) => each.dataset.up === index).sort((a, b) => b.dataset.w - a.dataset.w)[0];
			const row = frames.filter((each) => each.dataset.d === frame.dataset.d).sort((a, b) => x(a) - x(b));
			return row[row.indexOf(frame) + (key === "ArrowRight" ? 1 : -1)];
		}

		frames.forEach((frame, i) => {
			frame.setAttribute("tabindex", i ? "-1" : "0");
			frame.setAttribute("role", "img");
			frame.setAttribute("aria-label", frame.querySelector("title").textContent);
			frame.addEventListener("click", () => zoom(frame));
			frame.addEventListener("keydown", (event) => {
				if (event.key === "Enter" || event.key === " ") zoom(frame);
				else if (event.key === "Escape") zoom(null);
				else if (event.key.startsWith("Arrow")) {
					const next = walk(frame, event.key);
					if (next) next.focus();
				} else return;
				event.preventDefault();
			});
		});
		svg.removeAttribute("role");
		search.addEventListener("input", () => find(search.value));
		reset.addEventListener("click", () => zoom(null));
		const kept = frames.find((frame) => frame.id === state.get("zoom-" + section.id));
		if (kept) zoom(kept);
		if (state.get("find-" + section.id)) {
			search.value = state.get("find-" + section.id);
			find(search.value);
		}
	}

	/* ---- pictures that are wider than the page ---- */

	/* Fitted to the page, or in full size; a dragged picture moves. */
	function Picture(figure) {
		const svg = figure.querySelector("svg"), box = figure.querySelector(".scroll");
		const key = "full-" + figure.closest("section").id;
		if (!svg || svg.width.baseVal.value <= box.clientWidth + 1) return;
		const bar = tools(figure, "picture " + figure.closest("section").id);
		const button = make("button", { type: "button" }, bar);
		function show(full) {
			figure.classList.toggle("fit", !full);
			button.textContent = full ? "fit to the page" : "full size";
			remember(key, full ? "1" : "");
		}
		button.addEventListener("click", () => show(figure.classList.contains("fit")));
		let from = null;
		box.addEventListener("pointerdown", (event) => { from = [event.clientX, box.scrollLeft]; });
		addEventListener("pointerup", () => { from = null; });
		box.addEventListener("pointermove", (event) => {
			if (from) box.scrollLeft = from[1] - (event.clientX - from[0]);
		});
		show(state.get(key) === "1");
	}

	/* ---- the page ---- */

	function theme() {
		const bar = make("div", { className: "tools" }, document.querySelector("header"));
		const button = make("button", { type: "button", textContent: "light / dark" }, bar);
		const root = document.documentElement;
		/* Pictures have sheets of their own, which ask the system alone. */
		const darks = Array.from(document.styleSheets).flatMap((sheet) => Array.from(sheet.cssRules))
			.filter((rule) => rule.media && /prefers-color-scheme: *dark/.test(rule.media.mediaText));
		function set(name) {
			root.dataset.theme = name;
			for (const rule of darks) rule.media.mediaText = name === "dark" ? "all" : "not all";
		}
		if (/^(dark|light)$/.test(state.get("theme"))) set(state.get("theme"));
		button.addEventListener("click", () => {
			const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
			set(dark ? "light" : "dark");
			remember("theme", root.dataset.theme);
		});
	}

	/* Links to sections keep the rest of what is shown. */
	function go(id) {
		const target = document.getElementById(id);
		if (!target) return;
		const closed = target.closest("details");
		if (closed) closed.open = true;
		target.scrollIntoView();
		target.tabIndex = -1;
		target.focus({ preventScroll: true });
		remember("at", id);
	}

	function contents() {
		document.querySelectorAll("nav a, #sessions a").forEach((link) => link.addEventListener("click", (event) => {
			event.preventDefault();
			go(link.hash.slice(1));
		}));
		if (state.get("at")) go(state.get("at"));
	}

	theme();
	document.querySelectorAll("table[id]").forEach(dress);
	document.querySelectorAll("figure.fit").forEach(Picture);
	document.querySelectorAll("section.flame").forEach((section) => Flame(section));
	contents();
})();
