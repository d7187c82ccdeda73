// The app's icons: lines on a grid of 24.
const PATHS = {
    logo: 'M3 8.5A2.500 2.500 0 0 1 5.500 6h2L9 4h6l1.500 2h2A2.500 2.500 0 0 1 21 8.500v8a2.500 2.500 0 0 1-2.500 2.500h-13A2.500 2.500 0 0 1 3 16.500zM12 9a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7z',
    home: 'M4 11 12 4l8 7v8a1 1 0 0 1-1 1h-4v-6H9v6H5a1 1 0 0 1-1-1z',
    search: 'M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM15.300 15.300 20 20',
    upload: 'M12 16V4M7 9l5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3',
    list: 'M4 6h3M4 12h3M4 18h3M11 6h9M11 12h9M11 18h9',
    person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 20c1-4 4-5.500 8-5.500s7 1.500 8 5.500',
    close: 'M6 6l12 12M18 6 6 18',
    check: 'M5 12.500 10 17l9-10',
    retry: 'M4 12a8 8 0 1 1 2.500 5.800M4 19v-5h5',
    up: 'M6 15l6-6 6 6',
    down: 'M6 9l6 6 6-6',
    back: 'M19 12H5M11 6l-6 6 6 6',
    download: 'M12 4v12M7 11l5 5 5-5M4 20h16',
    link: 'M10 14a4 4 0 0 0 6 .500l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6-.500l-3 3a4 4 0 0 0 6 6l1-1',
    share: 'M12 15V4M8 7l4-4 4 4M6 11H5v9h14v-9h-1',
    code: 'M8 7l-5 5 5 5M16 7l5 5-5 5',
    edit: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
    trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5',
    zoom: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
    image: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.010',
    cloudOff: 'M4 4l16 16M8 8.500A5 5 0 0 0 7 18h10M19.500 16.500A4 4 0 0 0 17 10a5 5 0 0 0-5-4',
    alert: 'M12 4 3 19h18zM12 10v4M12 16.500v.010',
    folder: 'M4 6h6l2 2h8v11H4z',
    camera: 'M4 8h4l1.500-2h5L16 8h4v11H4zM12 10.500a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
    keyboard: 'M3 7h18v10H3zM7 10.500h.010M11 10.500h.010M15 10.500h.010M8 14h8',
    sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.500 1.500M17.500 17.500 19 19M19 5l-1.500 1.500M6.500 17.500 5 19',
    globe: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c-6 6-6 12 0 18 6-6 6-12 0-18',
    leave: 'M14 4h5v16h-5M4 12h11M11 8l4 4-4 4',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 22 }: { name: IconName; size?: number }) {
    return <svg class={`icon icon-${name}`} width={size} height={size} viewBox="0 0 24 24" aria-hidden="true"><path d={PATHS[name]} /></svg>;
}
