// Tells each cell the title of its column, which narrow screens show before it (wide.css). Without it tables scroll.
for (const table of document.querySelectorAll("main table")) {
    const titles = [...table.querySelectorAll("thead th")].map((title) => title.textContent.trim());
    for (const row of table.querySelectorAll("tbody tr")) {
        [...row.cells].forEach((cell, column) => {
            if (column > 0 && titles[column]) cell.dataset.title = titles[column];
        });
    }
    table.classList.add("titled");
}
