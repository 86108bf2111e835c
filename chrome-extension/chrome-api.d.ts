/** The parts of Chrome's extension API that we call. */
declare namespace chrome {
  interface Listeners<Arguments extends unknown[]> {
    addListener(listener: (...args: Arguments) => void): void;
  }

  namespace action {
    function setBadgeText(details: { text: string }): Promise<void>;
    function setBadgeBackgroundColor(details: { color: string }): Promise<void>;
    function setTitle(details: { title: string }): Promise<void>;
  }

  namespace contextMenus {
    interface OnClickData {
      readonly menuItemId: string | number;
      readonly pageUrl?: string;
      readonly linkUrl?: string;
      readonly selectionText?: string;
    }
    function create(properties: {
      id: string;
      title: string;
      contexts: ("page" | "link" | "selection")[];
    }): void;
    const onClicked: Listeners<[info: OnClickData]>;
  }

  namespace offscreen {
    function createDocument(options: {
      url: string;
      reasons: "CLIPBOARD"[];
      justification: string;
    }): Promise<void>;
    function closeDocument(): Promise<void>;
    function hasDocument(): Promise<boolean>;
  }

  namespace runtime {
    const onInstalled: Listeners<[]>;
    const onMessage: Listeners<[message: unknown, sender: unknown, answer: (value: unknown) => void]>;
    function sendMessage(message: unknown): Promise<unknown>;
  }

  namespace storage {
    const local: {
      get(key: string): Promise<Record<string, unknown>>;
      set(items: Record<string, unknown>): Promise<void>;
    };
  }

  namespace tabs {
    function query(query: { active: boolean; currentWindow: boolean }): Promise<{ readonly url?: string }[]>;
  }
}
