import { StyleSheetManager, styled } from "styled-components";
import { nonce } from "../nonce.js";

const Text = styled.p`
	color: rgb(0, 128, 0);
`;

export default function StyledComponents() {
	return (
		<StyleSheetManager nonce={nonce}>
			<Text id="styled">styled-components</Text>
		</StyleSheetManager>
	);
}
