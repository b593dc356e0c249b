// Tells headguard/devtools what browsers do not report: details of a violation, popups that lost their opener, and denied features.
(() => {
	const ADDRESS = "{{path}}/seen";
	const MOST = 200;
	let sent = 0;
	const tell = (message) => {
		sent += 1;
		if (sent > MOST) return;
		const body = JSON.stringify({ ...message, document: location.href });
		// keepalive lets it arrive although the page is being left.
		fetch(ADDRESS, { method: "POST", body, headers: { "content-type": "application/json" }, keepalive: true, credentials: "omit" }).catch(() => {});
	};

	document.addEventListener("securitypolicyviolation", (event) => {
		const { effectiveDirective, blockedURI, sourceFile, lineNumber, columnNumber, sample, disposition, statusCode, originalPolicy, target } = event;
		const element = target instanceof Element ? target.localName : "";
		tell({
			type: "csp-violation",
			body: { effectiveDirective, blockedURL: blockedURI, sourceFile, lineNumber, columnNumber, sample, disposition, statusCode, originalPolicy },
			element,
		});
	});

	if (typeof ReportingObserver === "function") {
		const observer = new ReportingObserver(
			(reports) => {
				for (const { type, body } of reports) if (type !== "csp-violation") tell({ type, body: typeof body?.toJSON === "function" ? body.toJSON() : body });
			},
			{ buffered: true },
		);
		observer.observe();
	}

	// A browser cuts off a popup of another origin when its page arrives. To this page, the window then looks closed.
	const open = window.open;
	const CHECKS = [300, 1000, 2500, 5000];
	window.open = function (address, ...rest) {
		const popup = Reflect.apply(open, this, [address, ...rest]);
		const features = String(rest[1] ?? "");
		let url;
		try {
			url = new URL(String(address ?? ""), document.baseURI);
		} catch {
			return popup;
		}
		if (popup === null || url.origin === location.origin || /noopener|noreferrer/.test(features)) return popup;
		let isTold = false;
		for (const delay of CHECKS) {
			setTimeout(() => {
				if (isTold || !popup.closed) return;
				isTold = true;
				tell({ type: "popup", body: { openerURL: url.origin + url.pathname } });
			}, delay);
		}
		return popup;
	};
})();
