import { createHash, X509Certificate } from "node:crypto";

/** A throw-away certificate for app.example, for tests on loopback only; valid for a hundred years. */
export const CERTIFICATE: { readonly key: string; readonly cert: string } = {
	key: "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgoA8MkF5XrQReQc6y\nDT0/1kOZMHSw3bkXY+r+y75eEiOhRANCAATjo28xPzsAaF3mv0WKrouY7YcAqcC3\n2oP76TmL5qB4NOuPMwY7S2dTFlIjiyKenVL4yWAd3RyNz6KE+xyKpX7B\n-----END PRIVATE KEY-----\n",
	cert: "-----BEGIN CERTIFICATE-----\nMIIBgjCCASmgAwIBAgIUNTW6QFzbOnvw3UopLgpDhKULTFcwCgYIKoZIzj0EAwIw\nFjEUMBIGA1UEAwwLYXBwLmV4YW1wbGUwIBcNMjYxMTIyMjIxOTEzWhgPMjEyNjEw\nMjkyMjE5MTNaMBYxFDASBgNVBAMMC2FwcC5leGFtcGxlMFkwEwYHKoZIzj0CAQYI\nKoZIzj0DAQcDQgAE46NvMT87AGhd5r9Fiq6LmO2HAKnAt9qD++k5i+ageDTrjzMG\nO0tnUxZSI4sinp1S+MlgHd0cjc+ihPsciqV+waNTMFEwHQYDVR0OBBYEFFd4n5Uk\nvGut0FBf5HW8ZYMIoQu1MB8GA1UdIwQYMBaAFFd4n5UkvGut0FBf5HW8ZYMIoQu1\nMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgAr59YIhcls3GJcvF\nWhK0fxHCLY4iBoplDYYuYFepryACIBI5p2ZZ7Lz0JjiM4EPy3KtsupoyLVSFzUI7\n9HfYl7ao\n-----END CERTIFICATE-----\n",
};

/** For app.example and b.example, signed by an authority: Firefox trusts no certificate that has signed itself. */
export const SIGNED: { readonly key: string; readonly cert: string; readonly authority: string } = {
	key: "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQggQzJcPWM/u4Wi7wT\nPCR5m6Kr9Eyde9XtIRpjGRqG00GhRANCAAQofKDYGLMw6TY2mGkfqI3Rsm8KzS6O\n6pFo52788Q/mnDv5NDhpIoOoqpxjFWl1hdIVFx6nKi+ahM8ZG6z/Zhqh\n-----END PRIVATE KEY-----\n",
	cert: "-----BEGIN CERTIFICATE-----\nMIIB1zCCAX6gAwIBAgIURWmuQJu/6sDvzH50bZqnympvxP0wCgYIKoZIzj0EAwIw\nFTETMBEGA1UEAwwKdGhyb3ctYXdheTAgFw0yNjExMzAxODUxMjhaGA8yMTI2MTEw\nNjE4NTEyOFowFjEUMBIGA1UEAwwLYXBwLmV4YW1wbGUwWTATBgcqhkjOPQIBBggq\nhkjOPQMBBwNCAAQofKDYGLMw6TY2mGkfqI3Rsm8KzS6O6pFo52788Q/mnDv5NDhp\nIoOoqpxjFWl1hdIVFx6nKi+ahM8ZG6z/Zhqho4GoMIGlMAwGA1UdEwEB/wQCMAAw\nDgYDVR0PAQH/BAQDAgeAMBMGA1UdJQQMMAoGCCsGAQUFBwMBMDAGA1UdEQQpMCeC\nC2FwcC5leGFtcGxlgg0qLmFwcC5leGFtcGxlggliLmV4YW1wbGUwHQYDVR0OBBYE\nFEQ3xhKKnO0JHdiVf/aEFL230B2AMB8GA1UdIwQYMBaAFJ4mnw9XnXBijFl70Grs\n9m1OuGlWMAoGCCqGSM49BAMCA0cAMEQCIBcjBK6/A4xE1YCqTluwJZp/PNeFxmX7\nhTIxtL2EeT37AiAraDav0C/AKxwfv1rrGdTJDbfx7h1eyU9ZAzUidckmVw==\n-----END CERTIFICATE-----\n",
	authority:
		"-----BEGIN CERTIFICATE-----\nMIIBkTCCATegAwIBAgIUNHQ5gG2HIjh0xiYhIp6l16wA49gwCgYIKoZIzj0EAwIw\nFTETMBEGA1UEAwwKdGhyb3ctYXdheTAgFw0yNjExMzAxODUxMjdaGA8yMTI2MTEw\nNjE4NTEyN1owFTETMBEGA1UEAwwKdGhyb3ctYXdheTBZMBMGByqGSM49AgEGCCqG\nSM49AwEHA0IABEa+7oQp9L9Eavw/UITOJUuHbLe/q6Re+b5YISOqWwpCIGo4JHSk\ne8EmDNvS6erln4k0yqp+20EPa/3t+DZrHnyjYzBhMB0GA1UdDgQWBBSeJp8PV51w\nYoxZe9Bq7PZtTrhpVjAfBgNVHSMEGDAWgBSeJp8PV51wYoxZe9Bq7PZtTrhpVjAP\nBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwICBDAKBggqhkjOPQQDAgNIADBF\nAiEAn0Hx2rNXuG+1TTSkJPY6jPyhU3Iq1JCNgjzjhqDOdAwCIGM5Uq6W5ligF50G\nIgX8tVlSVfjOyvt30mMDuUC9nitQ\n-----END CERTIFICATE-----\n",
};

/** What a browser is told to accept: the hash of its public key. */
export const SPKI: string = spkiOf(CERTIFICATE.cert);

export function spkiOf(cert: string): string {
	return createHash("sha256")
		.update(new X509Certificate(cert).publicKey.export({ type: "spki", format: "der" }))
		.digest("base64");
}
