const helmet = require("headguard/helmet");
const exact = require("headguard/helmet/exact");

console.log(
	JSON.stringify({
		callable: [typeof helmet(), typeof exact()],
		sameDefault: helmet.default === helmet && exact.default === exact,
		names: Object.keys(helmet).length,
	}),
);
