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
    assert [(one.line, bool(one.error)) for one in found] == [(1, True), (2, True), (4, False)]
    assert "LogFormat %h %t\n                 ^" in found[0].error


def test_httpd_takes_quotes_of_both_kinds_and_words_without_any() -> None:
    single, bare, nick = read_formats(
        """LogFormat '%h %t "%r" it\\'s %>s' Single\nLogFormat %t,%h,%>s Bare\n"""
        """LogFormat "%t %h" 'nick'\nCustomLog '/a b.log' 'nick'\n"""
    )
    assert (single.name, single.text, single.error) == ("Single", """%h %t "%r" it's %>s""", "")
    assert (bare.name, bare.text, bare.error) == ("Bare", "%t,%h,%>s", "")
    assert (nick.name, nick.files) == ("nick", ("/a b.log",))


def test_relative_logs_are_below_server_root() -> None:
    (found,) = read_formats(
        'ServerRoot "/etc/httpd/"\nCustomLog logs/a combined\nCustomLog /b combined\n'
        'CustomLog "|/bin/log x" combined\nGlobalLog logs/g combined\n'
    )
    assert found.files == ("/etc/httpd/logs/a", "/b", "|/bin/log x", "/etc/httpd/logs/g")


def test_a_transfer_log_has_the_nameless_format_before_it() -> None:
    common, first, second = read_formats(
        'TransferLog a\nLogFormat "%t %h"\nTransferLog b\nTransferLog c\n'
        'LogFormat "%t %a"\nTransferLog d\n'
    )
    assert (common.text, common.files) == ("apache:common", ("a",))
    assert (first.text, first.files) == ("%t %h", ("b", "c"))
    assert (second.text, second.files) == ("%t %a", ("d",))


def test_a_format_of_another_file_is_told() -> None:
    """It was left out: a site's file seemed to have no formats at all."""
    (nginx,) = read_formats("server { access_log /x.log main; access_log /y.log main; }")
    assert (nginx.name, nginx.files) == ("main", ("/x.log", "/y.log"))
    assert nginx.error == "this file does not define it; it is that of /x.log, /y.log"
    (apache,) = read_formats("CustomLog /x.log mine\n")
    assert (apache.name, apache.line, bool(apache.error)) == ("mine", 1, True)


def test_logs_that_have_only_some_of_the_requests_are_told() -> None:
    (found,) = read_formats("access_log /a combined buffer=1k if=$loud;\n")
    assert found.hints == ("/a has only some of the requests (if=$loud).",)
    spelt, named = read_formats(
        'CustomLog /a "%t %h" env=!quiet\nCustomLog /b common "expr=%{REQUEST_STATUS} >= 400"\n'
    )
    assert spelt.hints == ("/a has only some of the requests (env=!quiet).",)
    assert named.hints == ("/b has only some of the requests (expr=%{REQUEST_STATUS} >= 400).",)


def test_what_is_no_file_is_told() -> None:
    syslog, stdout = read_formats(
        "log_format a '$time_iso8601';\naccess_log syslog:server=h,tag=t a;\n"
        "access_log /dev/stdout;\n"
    )
    assert "syslog:server=h,tag=t is no file" in syslog.hints[0]
    assert "/dev/stdout is no log" in stdout.hints[0]
    (debian,) = read_formats("CustomLog ${APACHE_LOG_DIR}/a.log combined\n")
    assert "/var/log/apache2" in debian.hints[0]


def test_nginx_is_read_as_nginx_reads_it() -> None:
    """Variables in paths, comments behind directives, all on one line, directives over several."""
    (one,) = read_formats(
        "http { log_format a '$time_iso8601 # {$status}'; # access_log /no a; it's none\n"
        "access_log /log/${host}-$server_port.log\n  a\n  buffer=1k; }\n"
    )
    assert one.text == "$time_iso8601 # {$status}"
    assert one.files == ("/log/*-*.log",)


def test_slips_of_the_pen_are_told_with_the_format() -> None:
    (found,) = read_formats("log_format a '$time_local $stauts';\n")
    assert found.hints == ("$stauts goes to extra. Did you mean '$status'?",)


@given(st.text(alphabet=" \n'\"\\;#$%abL{}") | st.text())
def test_any_text_is_read(noise: str) -> None:
    read_formats("log_format a " + noise)
    read_formats('LogFormat "' + noise)
    read_formats(noise)
