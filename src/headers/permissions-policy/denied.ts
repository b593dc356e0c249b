import type { PermissionsPolicyFeature } from "./features.ts";

/** Powerful features that few pages need. All are known to Chromium, so none causes a console warning. */
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
