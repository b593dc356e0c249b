"use client";

export default function GlobalError() {
	return (
		<html lang="en">
			<body>
				<h1>It failed</h1>
			</body>
		</html>
	);
}
