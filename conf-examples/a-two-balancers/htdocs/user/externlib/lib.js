// served by httpd: a library of others, for user
