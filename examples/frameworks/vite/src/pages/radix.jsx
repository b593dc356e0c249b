import { Close, Content, Overlay, Portal, Root, Title, Trigger } from "@radix-ui/react-dialog";
import { nonce } from "../nonce.js";

// What locks the page behind a dialog reads the nonce from this name.
globalThis.__webpack_nonce__ = nonce;

export default function Radix() {
	return (
		<Root>
			<Trigger>Open</Trigger>
			<Portal>
				<Overlay />
				<Content aria-describedby={undefined}>
					<Title>Radix</Title>
					<Close>Close</Close>
				</Content>
			</Portal>
		</Root>
	);
}
