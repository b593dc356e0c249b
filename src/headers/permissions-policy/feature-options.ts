// Written by scripts/features.ts from @mdn/browser-compat-data 8.1.9 and scripts/feature-prose.ts. Do not edit.

import type { PermissionsPolicyFeature } from "./features.ts";

/** Who may use a feature: no one (`[]`), the page itself (`"self"`), origins, or everyone (`"*"`). */
export type PermissionsPolicyAllowlist = "*" | "self" | readonly string[];

/** Features by name, camelCase or kebab-case. `null` leaves a feature to the browser's default. */
export type PermissionsPolicyFeatures = CamelCaseFeatures & {
	readonly [Name in PermissionsPolicyFeature]?: PermissionsPolicyAllowlist | null | undefined;
};

interface CamelCaseFeatures {
	/**
	 * Reads how the device accelerates, through `Accelerometer` and `devicemotion`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/accelerometer}
	 */
	readonly accelerometer?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Reads how bright it is around the device, through `AmbientLightSensor`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/ambient-light-sensor}
	 */
	readonly ambientLightSensor?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Makes screen readers announce a message, through `ariaNotify()`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/aria-notify}
	 */
	readonly ariaNotify?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Plays audio and video without a click.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/autoplay}
	 */
	readonly autoplay?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Connects to Bluetooth devices, through `navigator.bluetooth`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/bluetooth}
	 */
	readonly bluetooth?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Reads topics of interest that Chrome derives from the visitor's history, through `document.browsingTopics()`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/browsing-topics}
	 */
	readonly browsingTopics?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Records video from a camera, through `getUserMedia()`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/camera}
	 */
	readonly camera?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Scrolls and zooms a tab that is being captured, through `CaptureController`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/captured-surface-control}
	 */
	readonly capturedSurfaceControl?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends how much memory the device has, in `Device-Memory`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chDeviceMemory?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the bandwidth of the connection, in `Downlink`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chDownlink?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the pixel ratio of the screen, in `DPR`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chDpr?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the effective type of the connection, in `ECT`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chEct?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the preferred color scheme, in `Sec-CH-Prefers-Color-Scheme`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chPrefersColorScheme?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the preference for less motion, in `Sec-CH-Prefers-Reduced-Motion`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chPrefersReducedMotion?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the preference for less transparency, in `Sec-CH-Prefers-Reduced-Transparency`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chPrefersReducedTransparency?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the round-trip time of the connection, in `RTT`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chRtt?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the preference for less data, in `Save-Data`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chSaveData?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the brand and major version of the browser, in `Sec-CH-UA`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chUa?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the architecture of the processor, in `Sec-CH-UA-Arch`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chUaArch?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the bitness of the processor, in `Sec-CH-UA-Bitness`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chUaBitness?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the form factors of the device, in `Sec-CH-UA-Form-Factors`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chUaFormFactors?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the full version of the browser, in `Sec-CH-UA-Full-Version`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chUaFullVersion?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the full version of each brand, in `Sec-CH-UA-Full-Version-List`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chUaFullVersionList?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Reads detailed data about browser and device, through `navigator.userAgentData.getHighEntropyValues()`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/ch-ua-high-entropy-values}
	 */
	readonly chUaHighEntropyValues?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends whether the device is mobile, in `Sec-CH-UA-Mobile`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chUaMobile?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the model of the device, in `Sec-CH-UA-Model`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chUaModel?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the operating system, in `Sec-CH-UA-Platform`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chUaPlatform?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the version of the operating system, in `Sec-CH-UA-Platform-Version`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chUaPlatformVersion?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends whether a 32-bit browser runs on 64-bit Windows, in `Sec-CH-UA-WoW64`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chUaWow64?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the height of the viewport, in `Sec-CH-Viewport-Height`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chViewportHeight?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the width of the viewport, in `Sec-CH-Viewport-Width`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chViewportWidth?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends the width of an image, in `Sec-CH-Width`, with requests to the listed origins.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly chWidth?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Reads the clipboard, through `navigator.clipboard.read()` and `readText()`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly clipboardRead?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Writes to the clipboard, through `navigator.clipboard.write()` and `writeText()`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly clipboardWrite?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Reads how busy the processor is, through `PressureObserver`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/compute-pressure}
	 */
	readonly computePressure?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Uses what needs cross-origin isolation, such as `SharedArrayBuffer`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/cross-origin-isolated}
	 */
	readonly crossOriginIsolated?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Queues requests that are sent after the page is closed, through `fetchLater()`, with a quota of 640 kB.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/deferred-fetch}
	 */
	readonly deferredFetch?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Gives frames of other origins a small share of the `fetchLater()` quota.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/deferred-fetch-minimal}
	 */
	readonly deferredFetchMinimal?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Stores a digital credential in a wallet, through `navigator.credentials.create()`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly digitalCredentialsCreate?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Asks a wallet for a digital credential, through `navigator.credentials.get()`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly digitalCredentialsGet?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Captures the screen, a window or a tab, through `getDisplayMedia()`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/display-capture}
	 */
	readonly displayCapture?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Plays protected media, through `requestMediaKeySystemAccess()`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/encrypted-media}
	 */
	readonly encryptedMedia?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Shows an element in full screen, through `requestFullscreen()`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/fullscreen}
	 */
	readonly fullscreen?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Reads game controllers, through `navigator.getGamepads()`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/gamepad}
	 */
	readonly gamepad?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Reads where the device is, through `navigator.geolocation`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/geolocation}
	 */
	readonly geolocation?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Reads how the device turns, through `Gyroscope` and `deviceorientation`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/gyroscope}
	 */
	readonly gyroscope?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Connects to input devices such as special keyboards, through `navigator.hid`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/hid}
	 */
	readonly hid?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Signs in through an identity provider with FedCM, through `navigator.credentials.get()`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/identity-credentials-get}
	 */
	readonly identityCredentialsGet?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Detects that the visitor is away or the screen is locked, through `IdleDetector`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/idle-detection}
	 */
	readonly idleDetection?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Computed a cohort of interests (FLoC). Chromium knows the name and does nothing with it.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly interestCohort?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Reads the layout of the keyboard, through `navigator.keyboard.getLayoutMap()`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly keyboardMap?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Detects the language of a text with the browser's own model, through `LanguageDetector`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly languageDetector?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Prompts the language model built into the browser, through `LanguageModel`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/language-model}
	 */
	readonly languageModel?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Lists the fonts installed on the device, through `queryLocalFonts()`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/local-fonts}
	 */
	readonly localFonts?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends requests to devices on the visitor's network, such as routers and printers. Counts before `localNetworkAccess`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/local-network}
	 */
	readonly localNetwork?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends requests to the visitor's network and to the device itself. Covers `localNetwork` and `loopbackNetwork`, unless they are named too.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/local-network-access}
	 */
	readonly localNetworkAccess?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends requests to servers on the visitor's own device. Counts before `localNetworkAccess`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/loopback-network}
	 */
	readonly loopbackNetwork?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Reads the magnetic field around the device, through `Magnetometer`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/magnetometer}
	 */
	readonly magnetometer?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Keeps media playing in a frame that is hidden.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly mediaPlaybackWhileNotVisible?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Records audio from a microphone, through `getUserMedia()`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/microphone}
	 */
	readonly microphone?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Connects to MIDI devices, through `navigator.requestMIDIAccess()`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/midi}
	 */
	readonly midi?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Recognizes speech on the device, through `SpeechRecognition`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/on-device-speech-recognition}
	 */
	readonly onDeviceSpeechRecognition?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Reads one-time codes from text messages (WebOTP), through `navigator.credentials.get()`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/otp-credentials}
	 */
	readonly otpCredentials?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Asks for a payment, through `PaymentRequest`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/payment}
	 */
	readonly payment?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Shows a video in a window that floats above others, through `requestPictureInPicture()`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/picture-in-picture}
	 */
	readonly pictureInPicture?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Issues private state tokens, through `fetch()` with `privateToken`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/private-state-token-issuance}
	 */
	readonly privateStateTokenIssuance?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Redeems private state tokens, through `fetch()` with `privateToken`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/private-state-token-redemption}
	 */
	readonly privateStateTokenRedemption?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Creates a passkey, through `navigator.credentials.create()`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/publickey-credentials-create}
	 */
	readonly publickeyCredentialsCreate?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Signs in with a passkey, through `navigator.credentials.get()`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/publickey-credentials-get}
	 */
	readonly publickeyCredentialsGet?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Keeps the screen on, through `navigator.wakeLock`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/screen-wake-lock}
	 */
	readonly screenWakeLock?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Connects to serial devices, through `navigator.serial`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/serial}
	 */
	readonly serial?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Lists and selects devices that play audio, through `selectAudioOutput()`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly speakerSelection?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Asks for cookies in a frame of another site, through `document.requestStorageAccess()`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/storage-access}
	 */
	readonly storageAccess?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Summarizes a text with the browser's own model, through `Summarizer`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/summarizer}
	 */
	readonly summarizer?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Sends synchronous requests, through `XMLHttpRequest`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly syncXhr?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Translates a text with the browser's own model, through `Translator`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly translator?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Runs `unload` handlers, which keep a page out of the back/forward cache.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/unload}
	 */
	readonly unload?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Connects to USB devices, through `navigator.usb`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/usb}
	 */
	readonly usb?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Offers to install a web app, through `navigator.install()`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 */
	readonly webAppInstallation?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Opens the share dialog of the system, through `navigator.share()`.
	 * @defaultValue the browser's own
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/web-share}
	 */
	readonly webShare?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Reads the layout of several screens and places windows on them, through `getScreenDetails()`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/window-management}
	 */
	readonly windowManagement?: PermissionsPolicyAllowlist | null | undefined;
	/**
	 * Tracks the visitor's movement for virtual and augmented reality, through `navigator.xr`.
	 * @defaultValue []
	 * @example ["self", "https://partner.example"]
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy/xr-spatial-tracking}
	 */
	readonly xrSpatialTracking?: PermissionsPolicyAllowlist | null | undefined;
}
