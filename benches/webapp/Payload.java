import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * GET /bench/N answers N octets, /bench/open/N without their number, /bench/headers 100 octets under many headers. POST to
 * /bench/echo answers what it got, to /bench/taken 100 octets once it has read everything.
 */
public class Payload extends HttpServlet {
    private static final int SMALL = 100;

    /** Headers beside Content-Type and Content-Length: 64 with them. */
    private static final int FURTHER_HEADERS = 62;

    private final Map<Integer, byte[]> bodies = new ConcurrentHashMap<>();

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String path = request.getServletPath();
        if (path.startsWith("/open/")) {
            response.setContentType("application/octet-stream");
            response.flushBuffer(); // or Tomcat counts a body that fits into its buffer
            response.getOutputStream().write(body(Integer.parseInt(path.substring("/open/".length()))));
        } else if (path.equals("/headers")) {
            for (int number = 0; number < FURTHER_HEADERS; number++) {
                response.setHeader("X-Header-" + number, "value of header " + number);
            }
            answer(response, body(SMALL));
        } else {
            answer(response, body(Integer.parseInt(path.substring(1))));
        }
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        InputStream body = request.getInputStream();
        if (request.getServletPath().equals("/echo")) {
            answer(response, body.readAllBytes());
        } else {
            body.skipNBytes(request.getContentLengthLong());
            answer(response, body(SMALL));
        }
    }

    private byte[] body(int size) {
        return bodies.computeIfAbsent(size, byte[]::new);
    }

    private static void answer(HttpServletResponse response, byte[] body) throws IOException {
        response.setContentType("application/octet-stream");
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}
