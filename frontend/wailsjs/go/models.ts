export namespace account {
	
	export interface NicknameAnswer {
	    text: string;
	    code: string;
	    params?: Record<string, string>;
	    proposals: string[];
	}

}

export namespace app {
	
	export interface Finding {
	    name: string;
	    verdict: string;
	    detail: string;
	    advice?: string;
	    code?: string;
	    params?: Record<string, string>;
	}
	export interface Problem {
	    code: string;
	    params?: Record<string, string>;
	    support?: string;
	}

}

export namespace attempt {
	
	export interface Device {
	    user_code: string;
	    verification_uri: string;
	    qr: string[];
	    expires_at: number;
	    problem?: app.Problem;
	}

}

export namespace signin {
	
	export enum Step {
	    Blocked = "blocked",
	    Nickname = "nickname",
	    SetupNeeded = "setup_needed",
	    SignedIn = "signed_in",
	    SignedOut = "signed_out",
	    Starting = "starting",
	    Waiting = "waiting",
	}
	export interface Home {
	    user_id: string;
	    nickname: string;
	    provider: string;
	    name: string;
	    account: string;
	    confirmed_at: number;
	    offline_until: number;
	    offline: boolean;
	    rename_after: number;
	    recovered?: boolean;
	    codes_due?: boolean;
	    another?: boolean;
	    notice?: string;
	}
	export interface Link {
	    provider: string;
	    name: string;
	    account: string;
	}
	export interface Merge {
	    provider: string;
	    name: string;
	    account: string;
	    nickname: string;
	    other: string;
	}
	export interface ProviderChoice {
	    id: string;
	    name: string;
	    issuer: string;
	    browser: boolean;
	    device: boolean;
	    last_used: boolean;
	}
	export interface ReceiptLink {
	    provider: string;
	    text: string;
	    page?: string;
	}
	export interface Receipt {
	    title: string;
	    lines: string[];
	    links: ReceiptLink[];
	}
	
	export interface SignUp {
	    provider: string;
	    name: string;
	    account: string;
	    proposal: string;
	    notice?: string;
	    before?: string;
	    before_name?: string;
	}
	export interface Waiting {
	    provider: string;
	    name: string;
	    purpose: string;
	    for?: string;
	    phase: string;
	    expires_at: number;
	    browser: boolean;
	    browser_slow: boolean;
	    browser_problem?: app.Problem;
	    device_offered: boolean;
	    device?: attempt.Device;
	}
	export interface State {
	    seq: number;
	    step: Step;
	    attempt?: string;
	    demo: boolean;
	    language: string;
	    theme: string;
	    providers: ProviderChoice[];
	    waiting?: Waiting;
	    sign_up?: SignUp;
	    home?: Home;
	    link?: Link;
	    merge?: Merge;
	    receipt?: Receipt;
	    accounts?: boolean;
	    unclaimed?: boolean;
	    problem?: app.Problem;
	    settings_file?: string;
	    callbacks?: Record<string, Array<string>>;
	}

}

