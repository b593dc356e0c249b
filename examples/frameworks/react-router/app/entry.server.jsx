import { PassThrough } from "node:stream";
import { createReadableStreamFromReadable } from "@react-router/node";
import { renderToPipeableStream } from "react-dom/server";
import { ServerRouter } from "react-router";
import { Nonce } from "./nonce.js";

export const streamTimeout = 5000;

export default function handleRequest(request, statusCode, headers, routerContext, { nonce: makeNonce }) {
	const nonce = makeNonce();
	let status = statusCode;
	return new Promise((resolve, reject) => {
		const { pipe, abort } = renderToPipeableStream(
			<Nonce value={nonce}>
				<ServerRouter context={routerContext} url={request.url} nonce={nonce} />
			</Nonce>,
			{
				nonce,
				onShellReady() {
					const body = new PassThrough();
					headers.set("Content-Type", "text/html");
					resolve(new Response(createReadableStreamFromReadable(body), { headers, status }));
					pipe(body);
				},
				onShellError: reject,
				onError() {
					status = 500;
				},
			},
		);
		setTimeout(abort, streamTimeout + 1000).unref();
	});
}
