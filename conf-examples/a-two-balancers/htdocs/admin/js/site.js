// served by httpd: admin
document.documentElement.dataset.site = "admin";
