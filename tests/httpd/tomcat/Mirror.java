import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;

/**
 * Prints everything a servlet can see of a request, one fact per line; absent ones are left out.
 *
 * Tomcat lists no attribute that came by AJP, so the header X-Ask names those to print besides the known ones.
 */
public class Mirror extends HttpServlet {
    /** Attributes that Tomcat or the module may set. */
    private static final Set<String> KNOWN = Set.of(
        "AJP_REMOTE_PORT", "AJP_LOCAL_ADDR", "AJP_SSL_PROTOCOL", "JK_LB_ACTIVATION",
        "jakarta.servlet.request.X509Certificate", "jakarta.servlet.request.cipher_suite",
        "jakarta.servlet.request.key_size", "jakarta.servlet.request.ssl_session_id",
        "jakarta.servlet.request.secure_protocol",
        "org.apache.tomcat.util.net.secure_protocol_version");

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setContentType("text/plain;charset=UTF-8");
        response.setHeader("X-Mirror", "servlet");
        PrintWriter out = response.getWriter();
        String path = request.getPathInfo();
        if (path != null && path.endsWith("/session")) {
            request.getSession();
        }
        target(request, out);
        peers(request, out);
        identity(request, out);
        for (String name : attributes(request)) {
            fact(out, "attr." + name, show(request.getAttribute(name)));
        }
        out.println("headers=" + String.join(" ", Collections.list(request.getHeaderNames())).toLowerCase());
        for (String name : Collections.list(request.getHeaderNames())) {
            fact(out, "header." + name.toLowerCase(), String.join("|", Collections.list(request.getHeaders(name))));
        }
        body(request, out);
    }

    private static void target(HttpServletRequest request, PrintWriter out) {
        fact(out, "route", request.getServletContext().getInitParameter("route"));
        fact(out, "method", request.getMethod());
        fact(out, "protocol", request.getProtocol());
        fact(out, "uri", request.getRequestURI());
        fact(out, "context", request.getContextPath());
        fact(out, "servlet", request.getServletPath());
        fact(out, "path_info", request.getPathInfo());
        fact(out, "query", request.getQueryString());
    }

    private static void peers(HttpServletRequest request, PrintWriter out) {
        fact(out, "remote_addr", request.getRemoteAddr());
        fact(out, "remote_host", request.getRemoteHost());
        fact(out, "remote_port", request.getRemotePort());
        fact(out, "local_addr", request.getLocalAddr());
        fact(out, "server_name", request.getServerName());
        fact(out, "server_port", request.getServerPort());
        fact(out, "scheme", request.getScheme());
        fact(out, "secure", request.isSecure());
    }

    private static void identity(HttpServletRequest request, PrintWriter out) {
        fact(out, "user", request.getRemoteUser());
        fact(out, "auth", request.getAuthType());
        fact(out, "session.id", request.getRequestedSessionId());
        fact(out, "session.valid", request.isRequestedSessionIdValid());
        fact(out, "session.by_cookie", request.isRequestedSessionIdFromCookie());
    }

    private static Set<String> attributes(HttpServletRequest request) {
        Set<String> names = new TreeSet<>(Collections.list(request.getAttributeNames()));
        names.addAll(KNOWN);
        String asked = request.getHeader("X-Ask");
        names.addAll(asked == null ? List.of() : List.of(asked.split(" ")));
        return names;
    }

    private static void body(HttpServletRequest request, PrintWriter out) throws IOException {
        CRC32 sum = new CRC32();
        long length = 0;
        byte[] buffer = new byte[8192];
        InputStream in = request.getInputStream();
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            sum.update(buffer, 0, read);
            length += read;
        }
        fact(out, "content_length", request.getContentLengthLong());
        fact(out, "body.length", length);
        fact(out, "body.crc", sum.getValue());
    }

    /** Certificates are shown by their subjects. */
    private static Object show(Object value) {
        if (!(value instanceof X509Certificate[] certificates)) {
            return value;
        }
        StringBuilder subjects = new StringBuilder();
        for (X509Certificate certificate : certificates) {
            subjects.append(subjects.isEmpty() ? "" : "|").append(certificate.getSubjectX500Principal().getName());
        }
        return subjects;
    }

    private static void fact(PrintWriter out, String name, Object value) {
        if (value != null) {
            out.println(name + "=" + value);
        }
    }
}
