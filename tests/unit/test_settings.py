"""Settings: read once, refused with the name of the variable and the remedy, never shown whole."""

from pathlib import Path

import pytest

from queue_service.settings import BadSetting, Settings, default_data_dir

KEY = "a-long-random-key-of-the-tests"


def test_nothing_set_is_one_machine_for_one_person() -> None:
    settings = Settings.from_env({"HOME": "/home/a"})
    assert (settings.redis_url, settings.jobs_redis_url, settings.admin_key) == (None, None, None)
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8000, None)
    assert (settings.log_format, settings.durability) == ("text", "always")


def test_every_variable_is_read() -> None:
    settings = Settings.from_env(
        {
            "MADOGUCHI_REDIS_URL": "rediss://engine:6380/1",
            "MADOGUCHI_JOBS_REDIS_URL": "unix:///run/jobs.sock",
            "MADOGUCHI_DATA_DIR": "/srv/madoguchi",
            "MADOGUCHI_HOST": "::",
            "MADOGUCHI_PORT": "80",
            "MADOGUCHI_PUBLIC_URL": "https://queue.example.jp/hall/",
            "MADOGUCHI_PROXIES": "127.0.0.1, 10.1.0.0/24,::1",
            "MADOGUCHI_ADMIN_KEY": KEY,
            "MADOGUCHI_LOG_FORMAT": "json",
            "MADOGUCHI_DURABILITY": "everysec",
        }
    )
    assert settings == Settings(
        redis_url="rediss://engine:6380/1",
        jobs_redis_url="unix:///run/jobs.sock",
        data_dir=Path("/srv/madoguchi"),
        host="::",
        port=80,
        public_url="https://queue.example.jp/hall",
        proxies="127.0.0.1/32,10.1.0.0/24,::1/128",
        admin_key=KEY,
        log_format="json",
        durability="everysec",
    )


def test_an_empty_variable_counts_as_absent() -> None:
    names = ("REDIS_URL", "PORT", "ADMIN_KEY", "PUBLIC_URL", "DATA_DIR", "LOG_FORMAT")
    empty = {f"MADOGUCHI_{name}": "" for name in names}
    assert Settings.from_env({"HOME": "/home/a"} | empty) == Settings.from_env({"HOME": "/home/a"})


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("REDIS_URL", "localhost:6379", "redis://"),
        ("JOBS_REDIS_URL", "http://engine", "redis://"),
        ("REDIS_URL", "redis://api:pass/word@host:6379/0", "%2F for /"),
        ("REDIS_URL", "redis://api:pass#word@host:6379/0", "%23 for #"),
        ("REDIS_URL", "redis://api:pass?word@host:6379/0", "%3F for ?"),
        ("REDIS_URL", "redis://host:six/0", "cannot be read"),
        ("REDIS_URL", "rediss://host?ssl_ca_cert=/ca.pem", "ssl_ca_certs"),
        ("JOBS_REDIS_URL", "rediss://host?ssl_cert_reqs=none", "ssl_ca_certs"),
        ("PORT", "eighty", "0 to 65535"),
        ("PORT", "65536", "0 to 65535"),
        ("PORT", "-1", "0 to 65535"),
        ("PUBLIC_URL", "queue.example.jp", "https://"),
        ("PUBLIC_URL", "https://", "https://"),
        ("PUBLIC_URL", "https://a/?x=1", "https://"),
        ("PROXIES", "*", "10.1.0.0/24"),  # everybody is nobody
        ("PROXIES", "proxy.example.jp", "10.1.0.0/24"),
        ("PROXIES", "10.1.0.1/24", "10.1.0.0/24"),
        ("ADMIN_KEY", "short", "16 characters"),
        ("PEPPER", "short", "16 characters"),
        ("LOG_FORMAT", "JSON", "json or text"),
        ("DURABILITY", "never", "always or everysec"),
        ("REDIS_URL_FILE", "/no/such/file", "cannot be read"),
    ],
)
def test_a_wrong_value_names_its_variable_and_the_remedy(
    name: str, value: str, remedy: str
) -> None:
    with pytest.raises(BadSetting, match=f"MADOGUCHI_{name}") as refused:
        Settings.from_env({f"MADOGUCHI_{name}": value})
    assert remedy in str(refused.value)


@pytest.mark.parametrize(
    ("name", "field"),
    [("REDIS_URL", "redis_url"), ("ADMIN_KEY", "admin_key"), ("PEPPER", "pepper")],
)
def test_a_secret_may_stand_in_a_file(tmp_path: Path, name: str, field: str) -> None:
    secret = "redis://:secret-of-the-tests@engine/0"  # noqa: S105
    (tmp_path / "secret").write_text(f"{secret}\n")
    settings = Settings.from_env({f"MADOGUCHI_{name}_FILE": str(tmp_path / "secret")})
    assert getattr(settings, field) == secret


def test_no_secret_is_shown_even_when_it_is_wrong() -> None:
    password = "secret-of-the-tests"  # noqa: S105
    url = f"redis://:{password}@engine"
    settings = Settings.from_env(
        {
            "MADOGUCHI_REDIS_URL": url,
            "MADOGUCHI_JOBS_REDIS_URL": url,
            "MADOGUCHI_ADMIN_KEY": password,
            "MADOGUCHI_PEPPER": password,
        }
    )
    assert password not in f"{settings!r} {settings}"
    for name, wrong in (
        ("REDIS_URL", f"http://:{password}@engine"),
        ("ADMIN_KEY", password[:9]),
        ("PEPPER", password[:9]),
    ):
        with pytest.raises(BadSetting) as refused:
            Settings.from_env({f"MADOGUCHI_{name}": wrong})
        assert password[:9] not in str(refused.value)


def test_data_is_kept_with_the_person_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert default_data_dir({"HOME": "/home/a"}) == Path("/home/a/.local/share/madoguchi")
    assert default_data_dir({"XDG_DATA_HOME": "/data"}) == Path("/data/madoguchi")
    monkeypatch.setattr("sys.platform", "darwin")
    mac = Path("/Users/a/Library/Application Support/madoguchi")
    assert default_data_dir({"HOME": "/Users/a"}) == mac
