<%@ page contentType="text/html; charset=UTF-8" session="true" trimDirectiveWhitespaces="true" %>
<%
    if ("POST".equals(request.getMethod())) {
        session.invalidate();
        response.sendRedirect(request.getContextPath() + "/");
        return;
    }
    Object before = session.getAttribute("visits");
    int visits = before == null ? 1 : (Integer) before + 1;
    session.setAttribute("visits", visits);

    String tomcat = System.getenv("JVM_ROUTE");
    String id = session.getId();
    int dot = id.indexOf('.');
    String sessionName = dot < 0 ? id : id.substring(0, dot);
    String route = dot < 0 ? "" : id.substring(dot);

    response.setHeader("Cache-Control", "no-store");
    response.setHeader("X-Tomcat", tomcat);
    response.setHeader("X-Session", id);
    response.setHeader("X-Visits", Integer.toString(visits));
%>
<!DOCTYPE html>
<html lang="en" data-tomcat="<%= tomcat %>">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title><%= tomcat %> answered</title>
<link rel="icon" href="data:,">
<style>
:root { --tomcat1: #0f766e; --tomcat2: #b45309; --ink: #1c2430; --soft: #5d6878; --line: #dfe4ea; --paper: #fff; --ground: #f4f6f8; }
@media (prefers-color-scheme: dark) {
  :root { --tomcat1: #2dd4bf; --tomcat2: #fbbf24; --ink: #e6eaf0; --soft: #9aa6b6; --line: #2c3644; --paper: #18202b; --ground: #0f151d; }
}
[data-tomcat="tomcat1"] { --mine: var(--tomcat1); }
[data-tomcat="tomcat2"] { --mine: var(--tomcat2); }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 2rem 1rem;
       font: 16px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; color: var(--ink); background: var(--ground); }
main { width: 100%; max-width: 42rem; background: var(--paper); border: 1px solid var(--line); border-radius: 14px; overflow: hidden; }
header { padding: 2rem 2rem 1.6rem; border-top: 6px solid var(--mine); }
h1 { margin: 0; font-size: 2.6rem; line-height: 1.1; letter-spacing: -.02em; color: var(--mine); }
header p, .hint { margin: .35rem 0 0; color: var(--soft); }
h2 { margin: 0 0 .2rem; font-size: 1.05rem; }
dl { margin: 0; padding: 0 2rem 1.6rem; display: grid; grid-template-columns: 9rem 1fr; gap: .55rem 1rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
code { font: .92em ui-monospace, "DejaVu Sans Mono", monospace; }
code b { color: var(--mine); }
.actions { display: flex; flex-wrap: wrap; gap: .6rem; padding: 0 2rem 1.8rem; }
form { margin: 0; }
a.button, button { display: inline-block; font: inherit; font-weight: 600; padding: .55rem 1rem; border-radius: 8px; cursor: pointer;
       border: 1px solid var(--line); background: transparent; color: var(--ink); text-decoration: none; }
a.button { background: var(--mine); border-color: var(--mine); color: var(--paper); }
a.button:hover, button:enabled:hover { filter: brightness(1.08); border-color: var(--mine); }
button:disabled { opacity: .5; cursor: default; }
:focus-visible { outline: 3px solid var(--mine); outline-offset: 2px; }
section { padding: 1.5rem 2rem 1.8rem; border-top: 1px solid var(--line); }
ol { list-style: none; margin: 1rem 0 0; padding: 0; display: grid; grid-template-columns: repeat(6, 1fr); gap: .5rem; }
ol li { padding: .6rem .2rem; border: 1px solid var(--line); border-radius: 8px; text-align: center; font-size: .85rem; color: var(--soft); }
ol li[data-tomcat] { border-color: var(--mine); color: var(--mine); font-weight: 600; }
ol li[data-tomcat=""] { color: inherit; border-color: currentColor; }
#balance { margin-top: 1rem; }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; gap: 0 0; } dd { margin-bottom: .6rem; } ol { grid-template-columns: repeat(3, 1fr); } }
</style>
</head>
<body>
<main>
  <header>
    <h1><%= tomcat %></h1>
    <p>answered this request, through httpd and mod_jk.</p>
  </header>
  <dl>
    <dt>Session</dt><dd><code><%= sessionName %><b><%= route %></b></code></dd>
    <dt>Visits</dt><dd><%= visits %> in this session<%= session.isNew() ? ", which has just begun" : "" %></dd>
    <dt>Protocol</dt><dd>AJP/1.3 from httpd, <%= request.getProtocol() %> from your browser</dd>
    <dt>Client address</dt><dd><%= request.getRemoteAddr() %></dd>
  </dl>
  <div class="actions">
    <a class="button" href="<%= request.getContextPath() %>/">Ask again</a>
    <form method="post" action="<%= request.getContextPath() %>/"><button>Forget the session</button></form>
  </div>
  <section>
    <h2>Six requests without a session</h2>
    <p class="hint">The end of the session's name keeps you at one Tomcat. Requests without a session go to the one that has answered fewer.</p>
    <ol id="answers" aria-live="polite"><li>1</li><li>2</li><li>3</li><li>4</li><li>5</li><li>6</li></ol>
    <button id="balance" type="button">Send six more</button>
  </section>
</main>
<script>
const button = document.getElementById("balance");
async function sendSix() {
  button.disabled = true;
  for (const place of document.querySelectorAll("#answers li")) {
    const answer = await fetch(location.pathname, { credentials: "omit", cache: "no-store" }).catch(() => null);
    place.dataset.tomcat = answer?.headers.get("X-Tomcat") ?? "";
    place.textContent = place.dataset.tomcat || "no answer";
  }
  button.disabled = false;
}
button.addEventListener("click", sendSix);
sendSix();
</script>
</body>
</html>
