import { MantineProvider, Text } from "@mantine/core";
import "@mantine/core/styles.css";
import { nonce } from "../nonce.js";

export default function Mantine() {
	return (
		<MantineProvider getStyleNonce={() => nonce}>
			<Text id="styled" c={{ base: "rgb(0, 128, 0)" }}>
				Mantine
			</Text>
		</MantineProvider>
	);
}
