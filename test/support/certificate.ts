import { createHash, X509Certificate } from "node:crypto";

/** A throw-away certificate for app.example, for tests on loopback only; valid for a hundred years. */
export const CERTIFICATE: { readonly key: string; readonly cert: string } = {
	key: "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgoA8MkF5XrQReQc6y\nDT0/1kOZMHSw3bkXY+r+y75eEiOhRANCAATjo28xPzsAaF3mv0WKrouY7YcAqcC3\n2oP76TmL5qB4NOuPMwY7S2dTFlIjiyKenVL4yWAd3RyNz6KE+xyKpX7B\n-----END PRIVATE KEY-----\n",
	cert: "-----BEGIN CERTIFICATE-----\nMIIBgjCCASmgAwIBAgIUNTW6QFzbOnvw3UopLgpDhKULTFcwCgYIKoZIzj0EAwIw\nFjEUMBIGA1UEAwwLYXBwLmV4YW1wbGUwIBcNMjYxMTIyMjIxOTEzWhgPMjEyNjEw\nMjkyMjE5MTNaMBYxFDASBgNVBAMMC2FwcC5leGFtcGxlMFkwEwYHKoZIzj0CAQYI\nKoZIzj0DAQcDQgAE46NvMT87AGhd5r9Fiq6LmO2HAKnAt9qD++k5i+ageDTrjzMG\nO0tnUxZSI4sinp1S+MlgHd0cjc+ihPsciqV+waNTMFEwHQYDVR0OBBYEFFd4n5Uk\nvGut0FBf5HW8ZYMIoQu1MB8GA1UdIwQYMBaAFFd4n5UkvGut0FBf5HW8ZYMIoQu1\nMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgAr59YIhcls3GJcvF\nWhK0fxHCLY4iBoplDYYuYFepryACIBI5p2ZZ7Lz0JjiM4EPy3KtsupoyLVSFzUI7\n9HfYl7ao\n-----END CERTIFICATE-----\n",
};

/** What a browser is told to accept: the hash of its public key. */
export const SPKI: string = createHash("sha256")
	.update(new X509Certificate(CERTIFICATE.cert).publicKey.export({ type: "spki", format: "der" }))
	.digest("base64");
