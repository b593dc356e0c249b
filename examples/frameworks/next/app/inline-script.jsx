"use client";
import Script from "next/script";

// Next adds the nonce on the server. In the browser, after a navigation, only the nonce of the first page counts.
export function InlineScript(props) {
	const nonce = typeof document === "undefined" ? undefined : document.querySelector("script[nonce]")?.nonce;
	return <Script {...props} nonce={nonce} />;
}
