import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.PrintWriter;
import java.security.cert.X509Certificate;

/** Tells the tests who the client is in the eyes of Tomcat: user, and what is known of the TLS connection. */
public class Identity extends HttpServlet {
    private static final String[][] ATTRIBUTES = {
        {"cipher", "jakarta.servlet.request.cipher_suite"},
        {"key_size", "jakarta.servlet.request.key_size"},
        {"ssl_session", "jakarta.servlet.request.ssl_session_id"},
        {"ssl_protocol", "org.apache.tomcat.util.net.secure_protocol_version"},
    };

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setContentType("text/plain;charset=UTF-8");
        PrintWriter out = response.getWriter();
        out.println("user=" + request.getRemoteUser());
        out.println("auth_type=" + request.getAuthType());
        out.println("remote_addr=" + request.getRemoteAddr());
        out.println("remote_host=" + request.getRemoteHost());
        out.println("protocol=" + request.getProtocol());
        out.println("scheme=" + request.getScheme());
        out.println("secure=" + request.isSecure());
        for (String[] attribute : ATTRIBUTES) {
            out.println(attribute[0] + "=" + request.getAttribute(attribute[1]));
        }
        out.println("certificates=" + subjects(request));
    }

    private static String subjects(HttpServletRequest request) {
        Object certificates = request.getAttribute("jakarta.servlet.request.X509Certificate");
        StringBuilder subjects = new StringBuilder();
        if (certificates instanceof X509Certificate[] chain) {
            for (X509Certificate certificate : chain) {
                subjects.append(subjects.isEmpty() ? "" : "|").append(certificate.getSubjectX500Principal().getName());
            }
        }
        return subjects.toString();
    }
}
