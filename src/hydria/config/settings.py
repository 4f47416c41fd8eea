"""Django's settings, made from the environment (see `environment.py`) and from nothing else."""

from __future__ import annotations

from datetime import timedelta

from csp.constants import NONE, SELF
from psycopg.conninfo import conninfo_to_dict

from hydria.config.environment import CHECKOUT, get_environment
from hydria.platform.folders import get_secret
from hydria.platform.postgres import EmbeddedServer

ENVIRONMENT = get_environment()

DEBUG = ENVIRONMENT.debug
SECRET_KEY = ENVIRONMENT.secret_key or get_secret(data_dir=ENVIRONMENT.data_dir, name="django_secret_key")

# Contexts, lowest first

CONTEXTS = [
    "hydria.platform",
    "hydria.ledger",
    "hydria.ownfields",
    "hydria.parties",
    "hydria.premises",
    "hydria.agreements",
    "hydria.metering",
    "hydria.tariffs",
    "hydria.receivables",
    "hydria.concessions",
    "hydria.fees",
    "hydria.billing",
    "hydria.simulation",
    "hydria.payments",
    "hydria.intake",
    "hydria.customers",
    "hydria.directory",
    "hydria.connections",
    "hydria.desk",
    "hydria.publicapi",
]

INSTALLED_APPS = [
    *CONTEXTS,
    "axes",
    "csp",
    "django_cotton",
    "django_htmx",
    "procrastinate.contrib.django",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "hydria.platform.web.middleware.ReaderMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "hydria.desk.web.tour.TourMiddleware",
]
ROOT_URLCONF = "hydria.config.urls"
WSGI_APPLICATION = "hydria.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hydria.desk.web.navigation.show_navigation",
            ],
            # Every template may draw an icon, spell an amount and say a translated word.
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "hydria.platform.templatetags.hydria",
            ],
        },
    }
]

# Database


def _database(url: str) -> dict[str, object]:
    """Translate a libpq address into Django's dictionary; what Django has no key for goes to the driver."""
    parameters = conninfo_to_dict(url)
    named = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    settings = {key: str(parameters.pop(name, None) or "") for key, name in named.items()}
    options: dict[str, object] = dict(parameters)
    if ENVIRONMENT.database_pool_size:
        options["pool"] = {"min_size": 1, "max_size": ENVIRONMENT.database_pool_size, "timeout": 10}
    return {"ENGINE": "django.db.backends.postgresql", **settings, "OPTIONS": options}


DATABASES = {"default": _database(ENVIRONMENT.database_url or EmbeddedServer(data_dir=ENVIRONMENT.data_dir).url())}

# People

AUTH_USER_MODEL = "platform.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
# Five wrong passwords close the pair of name and address for a quarter of an hour, not the whole office's address.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "hydria.platform.web.entrance_views.show_lockout"
# Sessions say whose they are; when they end says `platform/web/entrance.py`.
SESSION_ENGINE = "hydria.platform.sessions"

# Languages and time

LANGUAGE_CODE = ENVIRONMENT.language
LANGUAGES = [("es", "Español"), ("en", "English"), ("el", "Ελληνικά")]  # each in its own words
USE_I18N = True
USE_TZ = True
TIME_ZONE = ENVIRONMENT.time_zone

# Files

STATIC_URL = f"{ENVIRONMENT.url_prefix}/static/"
STATICFILES_DIRS = [CHECKOUT / "build" / "static"]
STATIC_ROOT = CHECKOUT / "build" / "collected"
MEDIA_ROOT = ENVIRONMENT.data_dir / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024**2
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# Programs

WEBHOOKS_TO_PRIVATE = ENVIRONMENT.webhooks_to_private

# Behind a proxy, and what the browser is told

ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(ENVIRONMENT.trusted_origins)
FORCE_SCRIPT_NAME = ENVIRONMENT.url_prefix or None
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = ENVIRONMENT.url_prefix or "/"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = ENVIRONMENT.https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SECURE_SSL_REDIRECT = ENVIRONMENT.https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.https else None
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if ENVIRONMENT.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = ENVIRONMENT.https
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Logs

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "hydria.config.logs.JsonFormatter"},
        "plain": {"format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json" if ENVIRONMENT.log_json else "plain"}
    },
    "root": {"handlers": ["stderr"], "level": ENVIRONMENT.log_level},
    "loggers": {
        "axes": {"level": "WARNING"},
        "procrastinate": {"level": "WARNING"},
        # Refused requests are told by the access log; only our own failures are worth a line here.
        "django.request": {"level": "ERROR"},
    },
}
