import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.util.Collections;
import java.util.zip.CRC32;

/** Tells the tests what reached Tomcat, and answers in the shapes they ask for. */
public class Probe extends HttpServlet {
    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        switch (lastSegment(request)) {
            case "session" -> session(request, response);
            case "upload" -> upload(request, response);
            case "unread" -> response.getWriter().println("unread=1");
            case "body" -> body(request, response);
            case "status" -> response.setStatus(number(request, "code", 200));
            case "error" -> response.sendError(number(request, "code", 500), "as ordered");
            case "cookies" -> cookies(response);
            case "slow" -> slow(request, response);
            default -> facts(request, response);
        }
    }

    private static void facts(HttpServletRequest request, HttpServletResponse response) throws IOException {
        PrintWriter out = text(response);
        out.println("route=" + route(request));
        out.println("method=" + request.getMethod());
        out.println("protocol=" + request.getProtocol());
        out.println("uri=" + request.getRequestURI());
        out.println("query=" + request.getQueryString());
        out.println("remote_addr=" + request.getRemoteAddr());
        out.println("remote_port=" + request.getRemotePort());
        out.println("local_addr=" + request.getLocalAddr());
        out.println("server_name=" + request.getServerName());
        out.println("server_port=" + request.getServerPort());
        out.println("scheme=" + request.getScheme());
        out.println("secure=" + request.isSecure());
        out.println("cipher=" + request.getAttribute("jakarta.servlet.request.cipher_suite"));
        out.println("key_size=" + request.getAttribute("jakarta.servlet.request.key_size"));
        out.println("activation=" + request.getAttribute("JK_LB_ACTIVATION"));
        for (String name : Collections.list(request.getHeaderNames())) {
            out.println("header." + name.toLowerCase() + "=" + String.join("|", Collections.list(request.getHeaders(name))));
        }
    }

    private static void session(HttpServletRequest request, HttpServletResponse response) throws IOException {
        HttpSession session = request.getSession();
        Integer before = (Integer) session.getAttribute("visits");
        int visits = before == null ? 1 : before + 1;
        session.setAttribute("visits", visits);
        PrintWriter out = text(response);
        out.println("route=" + route(request));
        out.println("session=" + session.getId());
        out.println("visits=" + visits);
        out.println("encoded=" + response.encodeURL("/session"));
    }

    private static void upload(HttpServletRequest request, HttpServletResponse response) throws IOException {
        CRC32 sum = new CRC32();
        long length = 0;
        byte[] buffer = new byte[16384];
        InputStream in = request.getInputStream();
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            sum.update(buffer, 0, read);
            length += read;
        }
        PrintWriter out = text(response);
        out.println("length=" + length);
        out.println("crc=" + sum.getValue());
    }

    private static void body(HttpServletRequest request, HttpServletResponse response) throws IOException {
        int size = number(request, "size", 0);
        response.setContentType("application/octet-stream");
        if (request.getParameter("chunked") == null) {
            response.setContentLength(size);
        }
        byte[] octets = new byte[size];
        for (int index = 0; index < size; index++) {
            octets[index] = (byte) (index % 251);
        }
        OutputStream out = response.getOutputStream();
        if (request.getParameter("chunked") != null) {
            out.flush();
        }
        out.write(octets);
    }

    private static void cookies(HttpServletResponse response) throws IOException {
        response.addHeader("Set-Cookie", "one=1; Path=/");
        response.addHeader("Set-Cookie", "two=2; Path=/; HttpOnly");
        response.addHeader("Set-Cookie", "three=3");
        text(response).println("three cookies");
    }

    private static void slow(HttpServletRequest request, HttpServletResponse response) throws IOException {
        try {
            Thread.sleep(number(request, "ms", 1000));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        text(response).println("route=" + route(request));
    }

    private static PrintWriter text(HttpServletResponse response) throws IOException {
        response.setContentType("text/plain;charset=UTF-8");
        return response.getWriter();
    }

    private static String route(HttpServletRequest request) {
        String route = request.getServletContext().getInitParameter("route");
        return route == null ? System.getProperty("jvm.route") : route;
    }

    private static String lastSegment(HttpServletRequest request) {
        String path = request.getServletPath();
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static int number(HttpServletRequest request, String name, int otherwise) {
        String value = request.getParameter(name);
        return value == null ? otherwise : Integer.parseInt(value);
    }
}
