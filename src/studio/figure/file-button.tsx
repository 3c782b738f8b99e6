interface FileButtonProps {
  readonly label: string;
  readonly accept?: string;
  readonly multiple?: boolean;
  readonly folder?: boolean;
  readonly onFiles: (files: readonly File[]) => void;
}

/** A file input that looks like a button. */
export function FileButton({ label, accept, multiple = false, folder = false, onFiles }: FileButtonProps) {
  return (
    <label class="button file">
      <span aria-hidden="true">{label}</span>
      <input
        type="file"
        aria-label={label}
        multiple={multiple}
        {...(accept === undefined ? {} : { accept })}
        {...(folder ? { webkitdirectory: true } : {})}
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])]);
          // the same file may be chosen again
          currentTarget.value = "";
        }}
      />
    </label>
  );
}
