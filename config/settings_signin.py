"""How people sign in: what no environment variable changes. Read by config/settings.py."""

AUTHENTICATION_BACKENDS = ["accounts.backends.OneCheckBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator")
] + [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "accounts.passwords.LongestValidator"},
    {"NAME": "accounts.passwords.KnownPasswordValidator"},
]
# The passwords of the demo's people: never set and never accepted anywhere else.
SEED_PASSWORDS = frozenset(
    {"admin123", "analyst123", "viewer123", "operator123", "password123", "customer123"}
)

# Seconds a sign-in lasts at all, and without being used (NIST SP 800-63B: AAL3 for staff, AAL2 else).
SESSION_LIMITS = {"staff": (12 * 3600, 15 * 60), "customer": (24 * 3600, 3600)}
# Wrong passwords within the window (PCI DSS 8.3.4) before an account, or an address, has to wait.
SIGN_IN_WINDOW_SECONDS = 30 * 60
SIGN_IN_TRIES_PER_ACCOUNT = 10
SIGN_IN_TRIES_PER_ADDRESS = 100

LOGIN_URL = "account_login"
# The start page of either door; no name is known to both.
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.BankAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = "login_name"
ACCOUNT_USER_DISPLAY = "accounts.adapter.own_name"
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_FORMS = {"login": "accounts.forms.SignInForm"}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.reset_links.BankResetTokens"  # noqa: S105
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
# Passwords are counted by accounts/limits.py; "login_failed" here counts the codes of a second factor.
ACCOUNT_RATE_LIMITS = {
    "login": "120/m/ip",
    "login_failed": "10/30m/key",
    "change_password": "10/30m/user",
    "reauthenticate": "30/30m/user",
    "reset_password": "20/m/ip,5/30m/key",
}

MFA_ADAPTER = "accounts.second_factor.BankMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.CodeAgainForm",
    "activate_totp": "accounts.forms.FirstCodeForm",
    "add_webauthn": "accounts.forms.AddPasskeyForm",
    "authenticate_webauthn": "accounts.forms.PasskeyForm",
    "login_webauthn": "accounts.forms.PasskeySignInForm",
    "reauthenticate_webauthn": "accounts.forms.PasskeyAgainForm",
}
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip", "webauthn_question": "60/m/ip"}

# The store ends sessions by SESSION_LIMITS; before anybody signed in, one lasts an hour.
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
