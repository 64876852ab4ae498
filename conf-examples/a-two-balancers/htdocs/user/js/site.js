// served by httpd: user
document.documentElement.dataset.site = "user";
