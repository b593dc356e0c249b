import type { PermissionsPolicyFeature } from "./features.ts";

/** Powerful features that few pages need. Chromium supports all of them, so none causes a warning in the console. */
export const DENIED: readonly PermissionsPolicyFeature[] = [
	"accelerometer",
	"camera",
	"captured-surface-control",
	"compute-pressure",
	"display-capture",
	"geolocation",
	"gyroscope",
	"hid",
	"idle-detection",
	"keyboard-map",
	"local-fonts",
	"local-network-access",
	"magnetometer",
	"microphone",
	"midi",
	"otp-credentials",
	"payment",
	"screen-wake-lock",
	"serial",
	"usb",
	"window-management",
	"xr-spatial-tracking",
];
