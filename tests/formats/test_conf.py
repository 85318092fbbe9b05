"""Formats out of nginx.conf and httpd.conf."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.formats.conf import includes_others, read_formats
from etl.formats.nginx import compile_nginx

NGINX = r"""
http {
    # log_format commented '$remote_addr';
    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer"';  # more
    log_format timed escape=json '{"t":"$time_iso8601",'
        '"s":$status}';
    log_format broken '$remote_addr$status $time_local';
    access_log  /var/log/nginx/access.log  main;
    server { access_log "/var/log/nginx/b c.log" main buffer=32k; access_log off; }
}
"""
HTTPD = r"""
LogLevel warn
# LogFormat "%h" commented
LogFormat "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" vhost_combined
logformat "%h %l %u %t \"%r\" \
  %>s %b" common
LogFormat "%h %Z" broken
CustomLog ${APACHE_LOG_DIR}/access.log vhost_combined
CustomLog "|/usr/bin/rotatelogs /logs/c.%Y 86400" common env=!image
"""


def test_nginx_conf_gives_each_format_with_its_files() -> None:
    main, timed, broken = read_formats(NGINX)
    assert (main.key, main.name, main.error) == ("log_format", "main", "")
    assert main.text == (
        '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
        ' "$http_referer"'
    )
    assert main.files == ("/var/log/nginx/access.log", "/var/log/nginx/b c.log")
    assert compile_nginx(timed.text).columns[0] == "at"
    assert "escape=json" in timed.text
    assert "nothing stands between $remote_addr and $status" in broken.error


def test_httpd_conf_gives_each_format_with_its_files() -> None:
    vhost, common, broken = read_formats(HTTPD)
    assert vhost.text.endswith('%>s %O "%{Referer}i" "%{User-Agent}i"')
    assert vhost.files == ("${APACHE_LOG_DIR}/access.log",)
    assert (common.name, common.text) == ("common", '%h %l %u %t "%r" %>s %b')
    assert common.files == ("|/usr/bin/rotatelogs /logs/c.%Y 86400",)
    assert "%Z" in broken.error


def test_formats_that_the_servers_know_themselves_are_listed() -> None:
    """nginx has `combined` without being told; Debian's sites name formats of apache2.conf."""
    (combined,) = read_formats("access_log /a.log;\nserver { access_log /b.log combined; }\n")
    assert (combined.key, combined.text) == ("format", "nginx:combined")
    assert combined.files == ("/a.log", "/b.log")
    (site,) = read_formats("CustomLog ${APACHE_LOG_DIR}/access.log combined\n")
    assert (site.key, site.text) == ("format", "apache:combined")
    assert read_formats("access_log off;\n") == []


def test_a_format_that_custom_log_spells_out_is_listed() -> None:
    (found,) = read_formats(r'CustomLog /l/ssl.log "%t %h \"%r\" %b" env=x' + "\n")
    assert (found.name, found.text, found.files) == ("", '%t %h "%r" %b', ("/l/ssl.log",))
    assert found.error == ""


@pytest.mark.parametrize("line", ["  include conf.d/*.conf;", "IncludeOptional sites/*.conf"])
def test_files_that_are_included_are_told(line: str) -> None:
    assert includes_others("x\n" + line + "\n")
    assert not includes_others("# " + line)


def test_a_log_has_no_formats() -> None:
    assert read_formats('1.2.3.4 - - [x] "GET /?log_format main HTTP/1.1" 200\n') == []


@pytest.mark.parametrize("word", ["a" * 99, "a #" * 99, "#b\n" * 99, "'c'" * 99, "d#" * 99])
def test_a_directive_without_an_end_is_soon_given_up(word: str) -> None:
    """Where the pattern tries every way to cut the text, this test does not end."""
    (found,) = read_formats("\nlog_format main " + word)
    assert (found.line, found.text.split()[0]) == (2, "log_format")
    assert "the directive does not end" in found.error


def test_each_format_is_told_with_its_line() -> None:
    """So that a mistake in a long configuration is found; continued lines count."""
    assert [one.line for one in read_formats(NGINX)] == [4, 6, 8]
    assert [one.line for one in read_formats(HTTPD)] == [4, 5, 7]


def test_directives_that_do_not_end_are_told() -> None:
    """They were left out without a word."""
    found = read_formats('LogFormat %h %t\nlog_format a \'$time_local\n;\nLogFormat "%h %t" b\n')
    assert [(one.line, bool(one.error)) for one in found] == [(2, True), (4, False), (1, True)]
    assert "LogFormat %h %t\n                 ^" in found[-1].error


def test_slips_of_the_pen_are_told_with_the_format() -> None:
    (found,) = read_formats("log_format a '$time_local $stauts';\n")
    assert found.hints == ("$stauts goes to extra. Did you mean '$status'?",)


@given(st.text(alphabet=" \n'\"\\;#$%abL{}") | st.text())
def test_any_text_is_read(noise: str) -> None:
    read_formats("log_format a " + noise)
    read_formats('LogFormat "' + noise)
    read_formats(noise)
