#!/usr/bin/env python3
"""Writes outlook.ndjson: one working day on three Windows hosts, as Elastic Endpoint tells it.

    python3 examples/data/make_outlook.py        # writes beside itself
    python3 examples/data/make_outlook.py -      # writes to standard output

Everything is invented: people, hosts, addresses (from ranges reserved for documentation), hashes.
The output depends on nothing but this file: identities are hashes of what they identify, so that the
same day comes out every time. README.md in this folder tells the day.
"""

import base64
import datetime
import hashlib
import json
import pathlib
import sys

DAY = datetime.datetime(2026, 3, 2, tzinfo=datetime.timezone.utc)
SYSTEM32 = "C:\\Windows\\System32\\"
MICROSOFT = "Microsoft Windows"
OFFICE = "C:\\Program Files\\Microsoft Office\\root\\Office16\\"
EDGE = "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe"


def digest(kind, *parts):
    return hashlib.new(kind, "\0".join(map(str, parts)).encode()).hexdigest()


def number(low, high, *parts):
    """A number from low to high that depends on the parts alone."""
    return low + int(digest("sha256", *parts)[:8], 16) % (high - low + 1)


def uuid(*parts):
    text = digest("sha256", *parts)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"


def name_of(path):
    return path.rsplit("\\", 1)[-1]


def signature(signer):
    if signer is None:
        return {"exists": False}
    return {"exists": True, "status": "trusted", "subject_name": signer, "trusted": True}


class Process:
    """A process, from its start to its end."""

    def __init__(self, host, at, path, args, signer, parent, user, integrity):
        self.path, self.name, self.signer = path, name_of(path), signer
        self.args, self.parent, self.user, self.integrity = args, parent, user, integrity
        self.pid = number(200, 4999, host.name, at, path, *args) * 4
        # Endpoint makes entity ids of the agent, the pid and the time, in base 64.
        raw = f"{host.agent}-{self.pid}-{int(at.timestamp() * 1e7)}"
        self.entity_id = base64.b64encode(raw.encode()).decode()

    @property
    def command_line(self):
        return " ".join(f'"{arg}"' if " " in arg else arg for arg in self.args)

    def ancestry(self):
        line, process = [], self.parent
        while process:
            line.append(process.entity_id)
            process = process.parent
        return line

    def brief(self):
        """What every event of the process says of it."""
        return {
            "Ext": {"ancestry": self.ancestry(), "code_signature": [signature(self.signer)]},
            "code_signature": signature(self.signer),
            "entity_id": self.entity_id,
            "executable": self.path,
            "name": self.name,
            "pid": self.pid,
        }

    def full(self):
        """What the events of its start and end say of it."""
        process = self.brief()
        process["Ext"] |= {
            "authentication_id": "0x3e7" if self.user[0] == "SYSTEM" else "0x5a1c3",
            "token": {
                "elevation": self.integrity in ("high", "system"),
                "elevation_type": "full" if self.integrity == "high" else "default",
                "integrity_level_name": self.integrity,
            },
        }
        process |= {
            "args": self.args,
            "args_count": len(self.args),
            "command_line": self.command_line,
            "hash": {kind: digest(kind, "file", self.path) for kind in ("md5", "sha1", "sha256")},
            "pe": {"original_file_name": self.name},
        }
        if self.parent:
            process["parent"] = {
                "args": self.parent.args,
                "args_count": len(self.parent.args),
                "code_signature": signature(self.parent.signer),
                "command_line": self.parent.command_line,
                "entity_id": self.parent.entity_id,
                "executable": self.parent.path,
                "name": self.parent.name,
                "pid": self.parent.pid,
            }
        return process


class Host:
    """One machine, its user and its events."""

    events = []

    def __init__(self, name, address, variant, user):
        self.name, self.variant = name, variant
        self.address = address
        self.agent, self.id = uuid("agent", name), uuid("host", name)
        domain = f"S-1-5-21-{number(10**8, 10**9, 'a')}-{number(10**8, 10**9, 'b')}-{number(10**8, 10**9, 'c')}"
        self.user = (user, "CONTOSO", f"{domain}-{number(1100, 1999, user)}")
        self.system = ("SYSTEM", "NT AUTHORITY", "S-1-5-18")
        self.home = f"C:\\Users\\{user}\\"

    def emit(self, at, dataset, action, kinds, process, more, labels=None):
        moment = at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"
        category, kinds = kinds
        version = "10.0.22631.4890" if "11" in self.variant else "10.0.20348.3207"
        event = {
            "@timestamp": moment,
            "agent": {"id": self.agent, "type": "endpoint", "version": "9.1.3"},
            "data_stream": {
                "type": "logs",
                "dataset": f"endpoint.events.{dataset}",
                "namespace": "default",
            },
            "ecs": {"version": "8.10.0"},
            "event": {
                "action": action,
                "category": category,
                "created": moment,
                "dataset": f"endpoint.events.{dataset}",
                "kind": "event",
                "module": "endpoint",
                "outcome": "unknown",
                "type": kinds,
            },
            "host": {
                "architecture": "x86_64",
                "hostname": self.name,
                "id": self.id,
                "ip": [self.address, "127.0.0.1", "::1"],
                "name": self.name,
                "os": {
                    "Ext": {"variant": self.variant},
                    "family": "windows",
                    "full": f"{self.variant} ({version})",
                    "name": "Windows",
                    "platform": "windows",
                    "type": "windows",
                    "version": version,
                },
            },
            "message": f"Endpoint {dataset} event",
            "process": process,
            "user": dict(zip(("name", "domain", "id"), more.pop("user"))),
        }
        event |= more
        if labels:
            event["labels"] = labels
        self.events.append(event)

    def start(self, at, path, *args, parent=None, signer=MICROSOFT, user=None, integrity="medium",
              effective=None, labels=None):
        """A process starts. `effective` is who asked for it, where that is not its parent."""
        user = user or (parent.user if parent else self.system)
        integrity = "system" if user == self.system else integrity
        started = Process(self, at, path, [path, *args], signer, parent, user, integrity)
        started.effective = effective
        process = started.full()
        if effective:
            process["Ext"]["effective_parent"] = effective
        self.emit(at, "process", "start", (["process"], ["start"]), process, {"user": user}, labels)
        return started

    def end(self, at, process, labels=None):
        ended = process.full() | {"exit_code": 0}
        if process.effective:
            ended["Ext"]["effective_parent"] = process.effective
        more = {"user": process.user}
        self.emit(at, "process", "end", (["process"], ["end"]), ended, more, labels)

    def file(self, at, process, path, action="creation", labels=None):
        kinds = {"creation": "creation", "deletion": "deletion", "modification": "change"}[action]
        file = {"path": path, "name": name_of(path), "size": number(300, 900_000, path)}
        if "." in file["name"]:
            file["extension"] = file["name"].rsplit(".", 1)[1]
        more = {"user": process.user, "file": file}
        self.emit(at, "file", action, (["file"], [kinds]), process.brief(), more, labels)

    def dns(self, at, process, name, address):
        question = {"name": name, "type": "A", "registered_domain": ".".join(name.split(".")[-2:])}
        more = {"user": process.user, "dns": {"question": question}}
        kinds = (["network"], ["protocol", "info", "start"])
        self.emit(at, "network", "lookup_requested", kinds, process.brief(), more)
        later = at + datetime.timedelta(milliseconds=number(4, 60, name, at))
        answer = {"question": question, "resolved_ip": [address], "Ext": {"status": 0}}
        more = {"user": process.user, "dns": answer}
        kinds = (["network"], ["protocol", "info", "end"])
        self.emit(later, "network", "lookup_result", kinds, process.brief(), more)

    def connect(self, at, process, name, address, port=443):
        """A name is looked up and connected to."""
        if name:
            self.dns(at, process, name, address)
        at += datetime.timedelta(milliseconds=number(70, 140, address, at))
        more = {
            "user": process.user,
            "source": {"ip": self.address, "port": number(49_152, 65_535, address, at)},
            "destination": {"ip": address, "port": port},
            "network": {"direction": "egress", "transport": "tcp", "type": "ipv4"},
        }
        if name:
            more["destination"]["domain"] = name
        kinds = (["network"], ["start"])
        self.emit(at, "network", "connection_attempted", kinds, process.brief(), more)

    def registry(self, at, process, hive, key, value, data, action="modification"):
        registry = {
            "data": {"strings": [data], "type": "REG_SZ"},
            "hive": hive,
            "key": key,
            "path": f"{hive}\\{key}\\{value}",
            "value": value,
        }
        kinds = (["registry"], ["change"])
        more = {"user": process.user, "registry": registry}
        self.emit(at, "registry", action, kinds, process.brief(), more)

    def load(self, at, process, path, signer=MICROSOFT):
        dll = {
            "code_signature": signature(signer),
            "hash": {"sha256": digest("sha256", "file", path)},
            "name": name_of(path),
            "path": path,
            "pe": {"original_file_name": name_of(path)},
        }
        more = {"user": process.user, "dll": dll}
        kinds = (["library"], ["start"])
        self.emit(at, "library", "load", kinds, process.brief(), more)


def clock(text, milliseconds=0):
    """`08:15:02` of the day."""
    hours, minutes, seconds = map(int, text.split(":"))
    return DAY + datetime.timedelta(
        hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds
    )


def after(at, seconds, *parts):
    """Some time later, with milliseconds that depend on the parts."""
    return at + datetime.timedelta(seconds=seconds, milliseconds=number(1, 900, at, seconds, *parts))


def expect(alert, why):
    return {"expect": "alert" if alert else "no alert", "why": why}


def effective_parent(process, *leave_out):
    whole = {
        "entity_id": process.entity_id,
        "executable": process.path,
        "name": process.name,
        "pid": process.pid,
    }
    return {key: value for key, value in whole.items() if key not in leave_out}


def boot(host, at):
    """From power on to a desktop. Returns the processes that others are started by."""
    run = lambda seconds, path, *args, **more: host.start(after(at, seconds, path), path, *args, **more)
    session = run(0, SYSTEM32 + "smss.exe")
    wininit = run(2, SYSTEM32 + "wininit.exe", parent=session)
    services = run(3, SYSTEM32 + "services.exe", parent=wininit)
    run(3, SYSTEM32 + "lsass.exe", parent=wininit)
    dcom = run(4, SYSTEM32 + "svchost.exe", "-k", "DcomLaunch", "-p", parent=services)
    for seconds, group in enumerate(("RPCSS", "netsvcs", "LocalServiceNetworkRestricted", "NetworkService"), 5):
        tasks = run(seconds, SYSTEM32 + "svchost.exe", "-k", group, "-p", parent=services)
        if group == "netsvcs":
            netsvcs = tasks
    run(9, SYSTEM32 + "spoolsv.exe", parent=services)
    agent = run(
        11, "C:\\Program Files\\Elastic\\Endpoint\\elastic-endpoint.exe", "run", parent=services,
        signer="Elasticsearch, Inc.",
    )
    host.connect(after(at, 14), agent, "fleet.contoso.example", "198.51.100.20", 8220)
    defender = run(
        15, "C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.25110.6-0\\MsMpEng.exe",
        parent=services, signer="Microsoft Windows Publisher",
    )
    host.load(after(at, 16), defender, SYSTEM32 + "amsi.dll")
    return services, dcom, netsvcs


def logon(host, at, services):
    """Somebody logs on. Returns the shell."""
    winlogon = host.start(at, SYSTEM32 + "winlogon.exe")
    userinit = host.start(
        after(at, 2), SYSTEM32 + "userinit.exe", parent=winlogon, user=host.user
    )
    explorer = host.start(
        after(at, 3), "C:\\Windows\\explorer.exe", parent=userinit, user=host.user
    )
    for name in ("RuntimeBroker.exe", "sihost.exe", "taskhostw.exe", "ctfmon.exe"):
        host.start(after(at, 5, name), SYSTEM32 + name, parent=services, user=host.user)
    host.load(after(at, 6), explorer, SYSTEM32 + "windows.storage.dll")
    onedrive = host.start(
        after(at, 9), host.home + "AppData\\Local\\Microsoft\\OneDrive\\OneDrive.exe", "/background",
        parent=explorer, signer="Microsoft Corporation",
    )
    host.connect(after(at, 12), onedrive, "contoso.sharepoint.example", "198.51.100.31")
    host.end(after(at, 28), userinit)
    return explorer


def browse(host, at, explorer, sites):
    """An hour in the browser."""
    edge = host.start(at, EDGE, "--profile-directory=Default", parent=explorer, signer="Microsoft Corporation")
    children = []
    for index, kind in enumerate(("gpu-process", "utility", "renderer")):
        children.append(host.start(
            after(at, index + 1), EDGE, f"--type={kind}", "--lang=en-GB", parent=edge,
            signer="Microsoft Corporation", integrity="low",
        ))
    for index, (site, address) in enumerate(sites):
        moment = after(at, 40 + index * number(90, 400, host.name, site), site)
        host.connect(moment, children[1], site, address)
        host.file(after(moment, 3), edge, host.home + f"AppData\\Local\\Microsoft\\Edge\\User Data\\Default\\Cache\\f_{index:06x}")
    host.end(after(at, 5400), children[2])
    return edge


def office(host, at, explorer, program, document):
    """A document is opened, worked on, saved and closed."""
    process = host.start(at, OFFICE + program, document, parent=explorer, signer="Microsoft Corporation")
    host.load(after(at, 1), process, OFFICE + "mso.dll", "Microsoft Corporation")
    host.registry(
        after(at, 3), process, "HKEY_USERS",
        f"{host.user[2]}\\Software\\Microsoft\\Office\\16.0\\{program[:-4].title()}\\File MRU", "Item 1", document,
    )
    host.file(after(at, 4), process, document.replace(name_of(document), "~$" + name_of(document)))
    host.file(after(at, 1500), process, document, "modification")
    host.file(after(at, 1504), process, document.replace(name_of(document), "~$" + name_of(document)), "deletion")
    host.end(after(at, 1506), process)
    return process


def task(host, at, netsvcs, path, *args, signer=MICROSOFT, seconds=20):
    """A scheduled task runs and ends."""
    process = host.start(at, path, *args, parent=netsvcs, signer=signer)
    host.end(after(at, seconds, path), process)
    return process


def outlook(host, at, parent, *args, name="OUTLOOK.EXE", **more):
    return host.start(at, OFFICE + name, *args, parent=parent, signer="Microsoft Corporation", user=host.user, **more)


def mail(host, at, process, count):
    """Outlook talks to its server and keeps its store."""
    for index in range(count):
        moment = after(at, index * 1900, "mail")
        host.connect(moment, process, "outlook.office.example", "198.51.100.40")
        host.file(after(moment, 2), process, host.home + f"AppData\\Local\\Microsoft\\Outlook\\{host.user[0]}@contoso.example.ost", "modification")


def accounts(host):
    """WS-ACC-03: a clerk writes invoices with a merge tool of the house."""
    services, dcom, netsvcs = boot(host, clock("07:41:10"))
    explorer = logon(host, clock("07:43:02", 310), services)
    mails = outlook(
        host, clock("07:45:30", 120), explorer,
        labels=expect(False, "started by hand: there is no effective parent"),
    )
    mail(host, clock("07:45:36"), mails, 4)
    browse(host, clock("07:52:00"), explorer, [
        ("intranet.contoso.example", "198.51.100.60"), ("bank.example", "203.0.113.25"),
        ("tax.example.org", "203.0.113.31"), ("news.example.net", "203.0.113.40"),
    ])
    merge = host.start(
        clock("08:20:11"), "C:\\ProgramData\\Contoso\\Merge\\merge.exe", "--watch", "M:\\invoices",
        parent=explorer, signer=None,
    )
    for hour in (8, 9, 10):
        office(host, clock(f"{hour:02}:30:00", hour), explorer, "EXCEL.EXE", f"M:\\invoices\\2026-02-{hour}.xlsx")
    host.end(clock("10:58:20"), mails)
    merged = outlook(
        host, clock("11:02:40", 505), dcom, "-Embedding", name="outlook.exe", effective=effective_parent(merge),
        labels=expect(True, "the name is in lower case, and C:\\ProgramData is not C:\\Program Files"),
    )
    host.load(clock("11:02:41"), merged, OFFICE + "outlmime.dll", "Microsoft Corporation")
    mail(host, clock("11:03:10"), merged, 2)
    host.end(clock("11:41:00"), merged)
    acrobat = host.start(
        clock("13:15:00"), "C:\\Program Files (x86)\\Adobe\\Acrobat DC\\Acrobat\\Acrobat.exe", "M:\\invoices\\paid.pdf",
        parent=explorer, signer="Adobe Inc.",
    )
    host.load(clock("13:15:02"), acrobat, SYSTEM32 + "mapi32.dll")
    send = outlook(
        host, clock("13:17:45", 80), dcom, "-Embedding", effective=effective_parent(acrobat),
        labels=expect(False, "the effective parent is in C:\\Program Files (x86)"),
    )
    mail(host, clock("13:17:50"), send, 1)
    host.end(clock("13:40:00"), send)
    host.end(clock("13:52:10"), acrobat)
    for program, document, at in (
        ("WINWORD.EXE", "M:\\letters\\reminder.docx", "14:05:00"), ("EXCEL.EXE", "M:\\books\\march.xlsx", "14:50:00"),
    ):
        office(host, clock(at), explorer, program, document)
    printed = host.start(clock("15:31:00"), SYSTEM32 + "splwow64.exe", "8192", parent=explorer)
    host.end(clock("15:33:00"), printed)
    task(host, clock("15:58:00"), netsvcs, SYSTEM32 + "sppsvc.exe")
    host.end(clock("16:31:00"), merge)
    host.end(clock("16:32:00"), explorer)


def sales(host):
    """WS-SAL-11: an attachment is opened, and a script reads the mailbox through COM."""
    services, dcom, netsvcs = boot(host, clock("08:11:30"))
    explorer = logon(host, clock("08:13:11", 90), services)
    mails = outlook(
        host, clock("08:14:55", 220), explorer,
        labels=expect(False, "started by hand: there is no effective parent"),
    )
    mail(host, clock("08:15:02"), mails, 3)
    browse(host, clock("08:25:00"), explorer, [
        ("crm.contoso.example", "198.51.100.61"), ("maps.example.com", "203.0.113.44"), ("rail.example.com", "203.0.113.45"),
    ])
    teams = host.start(
        clock("08:30:07"), "C:\\Program Files\\WindowsApps\\MSTeams_25306_x64\\ms-teams.exe", parent=explorer,
        signer="Microsoft Corporation",
    )
    host.connect(clock("08:30:10"), teams, "teams.example.com", "198.51.100.41")
    joined = outlook(
        host, clock("08:33:20", 15), dcom, "-Embedding", effective=effective_parent(teams),
        labels=expect(False, "the effective parent is in C:\\Program Files"),
    )
    host.end(clock("08:33:41"), joined)
    office(host, clock("09:05:00"), explorer, "POWERPNT.EXE", host.home + "Documents\\offer.pptx")

    # The attack: an attachment, a script, a mailbox, a way back in.
    downloads, temp = host.home + "Downloads\\", host.home + "AppData\\Local\\Temp\\"
    host.file(clock("10:21:40", 660), mails, downloads + "Order_88213.zip")
    host.file(clock("10:22:04", 120), explorer, downloads + "Order_88213\\Order_88213.js")
    script = host.start(clock("10:22:19", 410), SYSTEM32 + "wscript.exe", downloads + "Order_88213\\Order_88213.js", parent=explorer)
    host.load(clock("10:22:19", 780), script, SYSTEM32 + "jscript.dll")
    host.connect(clock("10:22:21", 30), script, "static.parcel-status.example", "192.0.2.77")
    host.file(clock("10:22:23", 300), script, temp + "status.ps1")
    shell = host.start(
        clock("10:22:24", 850), SYSTEM32 + "WindowsPowerShell\\v1.0\\powershell.exe", "-NoProfile", "-WindowStyle", "Hidden",
        "-ExecutionPolicy", "Bypass", "-File", temp + "status.ps1", parent=script,
    )
    host.load(clock("10:22:25", 310), shell, SYSTEM32 + "amsi.dll")
    whoami = host.start(clock("10:22:31", 20), SYSTEM32 + "whoami.exe", "/groups", parent=shell)
    host.end(clock("10:22:31", 190), whoami)
    embedded = outlook(
        host, clock("10:22:47", 540), dcom, "-Embedding", effective=effective_parent(shell),
        labels=expect(True, "the effective parent is powershell.exe, started 23 seconds before"),
    )
    host.load(clock("10:22:48", 10), embedded, OFFICE + "outlmime.dll", "Microsoft Corporation")
    host.file(clock("10:22:58", 420), shell, temp + "inbox.csv")
    host.file(clock("10:23:02", 30), shell, temp + "inbox.zip")
    host.connect(clock("10:23:04", 870), shell, "static.parcel-status.example", "192.0.2.77")
    host.registry(
        clock("10:23:11", 300), shell, "HKEY_USERS",
        f"{host.user[2]}\\Software\\Microsoft\\Windows\\CurrentVersion\\Run", "ParcelStatus", f"wscript.exe {downloads}Order_88213\\Order_88213.js",
    )
    host.end(
        clock("10:23:14", 700), embedded,
        labels=expect(False, "the process ends: event.action is not start"),
    )
    host.file(clock("10:23:15", 110), shell, temp + "inbox.zip", "deletion")
    host.end(clock("10:23:16", 90), shell)
    host.end(clock("10:23:16", 400), script)
    ghost = {"name": "rundll32.exe", "pid": 9124}
    silent = outlook(
        host, clock("10:41:09", 330), dcom, "-Embedding", effective=ghost,
        labels=expect(True, "the effective parent was gone when Endpoint looked: a name, no executable"),
    )
    host.end(clock("10:41:30", 20), silent)

    office(host, clock("11:10:00"), explorer, "WINWORD.EXE", host.home + "Documents\\visit.docx")
    office(host, clock("13:20:00"), explorer, "EXCEL.EXE", host.home + "Documents\\pipeline.xlsx")
    browse(host, clock("14:02:00"), explorer, [
        ("crm.contoso.example", "198.51.100.61"), ("weather.example.net", "203.0.113.46"),
    ])
    host.connect(clock("15:12:00"), teams, "teams.example.com", "198.51.100.41")
    task(host, clock("15:30:00"), netsvcs, SYSTEM32 + "defrag.exe", "-c", "-h", "-o", seconds=300)
    host.end(clock("17:02:00"), mails)
    host.end(clock("17:03:00"), teams)
    host.end(clock("17:04:00"), explorer)


def servers(host):
    """SRV-APP-02: an administrator works, and updates come in."""
    services, dcom, netsvcs = boot(host, clock("03:00:20"))
    update = host.start(clock("03:12:00"), SYSTEM32 + "usoclient.exe", "StartScan", parent=netsvcs)
    host.connect(clock("03:12:04"), netsvcs, "update.example.com", "198.51.100.80")
    host.end(clock("03:12:30"), update)
    installer = host.start(
        clock("03:20:00"), SYSTEM32 + "msiexec.exe", "/V", parent=services
    )
    for index, file in enumerate(("app.exe", "app.config", "plugins\\report.dll", "plugins\\mail.dll")):
        host.file(after(clock("03:20:05"), index), installer, "D:\\Program Files\\Contoso App\\" + file)
    host.registry(
        clock("03:20:12"), installer, "HKEY_LOCAL_MACHINE", "SOFTWARE\\Contoso\\App", "Version", "7.4.1"
    )
    host.end(clock("03:21:00"), installer)
    app = host.start(
        clock("03:21:10"), "D:\\Program Files\\Contoso App\\app.exe", "--service", parent=services, signer="Contoso Ltd"
    )
    for hour in range(4, 18):
        host.connect(clock(f"{hour:02}:00:01", hour * 7), app, "db.contoso.example", "198.51.100.90", 1433)
    for hour in range(4, 18, 2):
        task(
            host, clock(f"{hour:02}:15:00"), netsvcs, SYSTEM32 + "cmd.exe", "/c",
            "D:\\jobs\\rotate.cmd", seconds=8,
        )
    explorer = logon(host, clock("09:02:33"), services)
    console = host.start(
        clock("09:04:00"), SYSTEM32 + "WindowsPowerShell\\v1.0\\powershell.exe", parent=explorer, integrity="high"
    )
    host.load(clock("09:04:01"), console, SYSTEM32 + "amsi.dll")
    for at, path, *args in (
        ("09:05:10", "ipconfig.exe", "/all"), ("09:06:02", "sc.exe", "query", "ContosoApp"),
        ("09:07:44", "net.exe", "localgroup", "Administrators"), ("09:09:31", "ping.exe", "-n", "4", "db.contoso.example"),
        ("09:13:00", "schtasks.exe", "/query", "/fo", "LIST"), ("09:20:18", "wevtutil.exe", "qe", "Application", "/c:20"),
    ):
        process = host.start(clock(at), SYSTEM32 + path, *args, parent=console, integrity="high")
        host.end(after(clock(at), 2, path), process)
    host.file(clock("09:26:00"), console, "D:\\jobs\\rotate.ps1")
    host.registry(
        clock("09:31:10"), console, "HKEY_LOCAL_MACHINE",
        "SYSTEM\\CurrentControlSet\\Services\\ContosoApp", "Start", "2",
    )
    host.end(clock("09:44:00"), console)
    report = outlook(
        host, clock("12:00:03", 400), dcom, "-Embedding", effective=effective_parent(app),
        labels=expect(False, "D:\\Program Files counts as well: the rule's ? stands for any drive"),
    )
    host.end(clock("12:00:20"), report)
    host.connect(clock("12:10:00"), app, None, "198.51.100.91", 25)
    host.end(clock("16:40:00"), explorer)


def count(events):
    """Numbers the events of each host, and gives them their ids, by time."""
    counts = {}
    for event in events:
        name, moment = event["host"]["name"], event["@timestamp"]
        counts[name] = counts.get(name, 0) + 1
        short = base64.b64encode(bytes.fromhex(digest("sha1", name, moment, counts[name])))[:16]
        event["event"] |= {"sequence": counts[name], "id": f"{short.decode()}++++{counts[name]:04}"}


def main():
    accounts(Host("WS-ACC-03", "10.20.1.33", "Windows 11 Enterprise", "h.lindqvist"))
    sales(Host("WS-SAL-11", "10.20.2.41", "Windows 11 Enterprise", "p.okafor"))
    servers(Host("SRV-APP-02", "10.20.9.12", "Windows Server 2022 Standard", "adm.ruiz"))
    events = sorted(Host.events, key=lambda event: event["@timestamp"])
    count(events)
    text = "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in events)
    if sys.argv[1:] == ["-"]:
        sys.stdout.write(text)
    else:
        pathlib.Path(__file__).with_name("outlook.ndjson").write_text(text, newline="\n")


if __name__ == "__main__":
    main()
