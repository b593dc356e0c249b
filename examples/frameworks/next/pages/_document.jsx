import Document, { Head, Html, Main, NextScript } from "next/document";

export default class NonceDocument extends Document {
	static async getInitialProps(context) {
		return { ...(await Document.getInitialProps(context)), nonce: context.req?.headers["x-nonce"] };
	}

	render() {
		const { nonce } = this.props;
		return (
			<Html lang="en">
				<Head nonce={nonce} />
				<body>
					<Main />
					<NextScript nonce={nonce} />
				</body>
			</Html>
		);
	}
}
